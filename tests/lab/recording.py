# SPDX-License-Identifier: Apache-2.0
"""Takes apart what `egresswatch record` wrote: what the processes of one cgroup did, as a recording of its own.

The layout is that of include/egresswatch/abi/records.h and recording.h.
"""

import re
import struct

ABI_VERSION = 3
HEADER = struct.Struct("=8sIIQ64s")
RECORD = struct.Struct("=IIQ")
TCP_ATTEMPT, TCP_CLOSED, CONNECT_FAILED, TCP_EXISTING, FLOW, DNS, COUNTERS = 1, 4, 5, 6, 7, 8, 9
TCP_CLOSING, DROP_REASON, NAME_LOOKUP, TYPE_END = 12, 13, 14, 15
LOST_REASONS = 5
SOCKET = RECORD.size
# Where a record has the cgroup of its process; the others have only the socket of a record before.
CGROUP = {TCP_ATTEMPT: 88, CONNECT_FAILED: 104, FLOW: 104, DNS: 80, NAME_LOOKUP: 32}
FLOW_FIRST = 44
# In the end of a connection: why packets were dropped on the way out and in.
DROPPED_REASONS = (172, 180)


class Recording:
    """Header and records of a recording."""

    def __init__(self, data):
        magic, version, size, self.wall_offset_ns, kernel = HEADER.unpack_from(data)
        if magic != b"EGWREC\n\0" or version != ABI_VERSION or size != HEADER.size:
            raise ValueError(f"no recording of layout {ABI_VERSION}: this one has {version}")
        self.kernel = re.match(rb"[0-9.]*", kernel).group()  # without what its builder called it
        self.records = list(_records(data, size))

    def part_of(self, cgroup_id):
        """The bytes of a recording of what the processes in this cgroup did, without anybody else's."""
        sockets, kept = set(), []
        for kind, record in self.records:
            (socket,) = struct.unpack_from("=Q", record, SOCKET) if kind != NAME_LOOKUP else (None,)
            if kind in CGROUP:
                if struct.unpack_from("=Q", record, CGROUP[kind])[0] == cgroup_id:
                    sockets.add(socket)
                    kept.append((kind, record))
            elif kind not in (TCP_EXISTING, COUNTERS, DROP_REASON) and socket in sockets:
                kept.append((kind, record))
        header = HEADER.pack(b"EGWREC\n\0", ABI_VERSION, HEADER.size, self.wall_offset_ns, self.kernel)
        return b"".join([header, *self._reasons_in(kept), *(record for _, record in kept), _counters(kept)])

    def _reasons_in(self, records):
        """What the kernel calls the reasons that these records name: of a hundred usually none or one."""
        numbers = {number for kind, record in records if kind in (TCP_CLOSED, TCP_CLOSING)
                   for offset in DROPPED_REASONS for number in struct.unpack_from("=I", record, offset)}
        return [record for kind, record in self.records
                if kind == DROP_REASON and struct.unpack_from("=I", record, RECORD.size)[0] in numbers - {0}]


def _records(data, offset):
    while offset < len(data):
        kind, size, _ = RECORD.unpack_from(data, offset)
        yield kind, data[offset : offset + size]
        offset += size


def _counters(records):
    """That nothing was lost: as many of each type as there are. Of flows the kernel counts the first ones only."""
    produced = [0] * TYPE_END
    for kind, record in records:
        if kind != FLOW or record[FLOW_FIRST]:
            produced[kind] += 1
    size = RECORD.size + 8 * (TYPE_END + LOST_REASONS)
    (_, _, time_ns) = RECORD.unpack_from(records[-1][1])
    return RECORD.pack(COUNTERS, size, time_ns) + struct.pack(f"={TYPE_END + LOST_REASONS}Q", *produced, *[0] * LOST_REASONS)

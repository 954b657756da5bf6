/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_ABI_RECORDING_H
#define EGRESSWATCH_ABI_RECORDING_H

#include "egresswatch/abi/records.h"

/*
 * The start of a recording; records follow until the end of the file, each as long as its header says, the last one
 * normally EGW_COUNTERS. EGW_DNS is not padded here: its size is that of the structure and the payload. Integers are in
 * the byte order of the machine that recorded.
 */
struct egw_recording {
	char magic[8]; /* EGW_RECORDING_MAGIC */
	__u32 abi_version;
	__u32 header_size;    /* of this structure */
	__u64 wall_offset_ns; /* add to a record's time for nanoseconds since 1970 UTC */
	char kernel[64];      /* release of the recording kernel, NUL-padded; for people */
};

#define EGW_RECORDING_MAGIC "EGWREC\n"

static_assert(sizeof(struct egw_recording) == 88, "abi");

#endif

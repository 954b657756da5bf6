/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_ABI_MAPS_H
#define EGRESSWATCH_ABI_MAPS_H

/*
 * Keys and values of maps that the daemon reads or writes. The rules of records.h hold: maps are pinned under the version
 * there, and those of another one are never read.
 */

#include "egresswatch/abi/records.h"

enum egw_phase { EGW_PHASE_CONNECTING = 1, EGW_PHASE_SYN_SENT = 2, EGW_PHASE_ESTABLISHED = 3 };

#define EGW_STATE_RST_RECEIVED 0x1u
#define EGW_STATE_FIRST_BYTE_SEEN 0x2u
#define EGW_STATE_EXISTED_AT_START 0x4u
#define EGW_STATE_SENT_TLS 0x8u   /* the client's first byte was that of a TLS handshake record */
#define EGW_STATE_SENT_HTTP 0x10u /* ... of an HTTP method */

/* What has to be remembered between two events of one socket. */
struct egw_socket_state {
	__u64 attempt_ns;
	__u64 established_ns;
	__u64 first_sent_ns;
	__u64 first_received_ns;
	__u64 stall_heard_ns; /* when the peer was last heard before the newest stall, by the kernel's ticks; 0 = none */
	__u64 stall_idle_ns;  /* egw_tcp_closed.idle_ns of it */
	__u64 thread;         /* pid_tgid of the connecting thread */
	__u32 syn_retransmits;
	__u32 phase; /* enum egw_phase */
	__u32 flags; /* EGW_STATE_* */
	__s32 verdict_error;
	__u32 netns; /* 0 = the kernel did not say at connect() */
	__u16 remote_port;
	__u16 family;
	__u8 remote[16];
	__u32 first_seq;      /* sequence number of the first payload byte sent */
	__u32 captured_bytes; /* of what the client sent first */
	__u32 captured_segments;
	__u32 dropped_out;
	__u32 dropped_out_reason;
	__u32 dropped_in;
	__u32 dropped_in_reason;
	__u8 icmp_origin; /* as in struct egw_tcp_closed */
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 pad[1];
	struct egw_process process;
};

/* Of a socket that is not of TCP. */
struct egw_sender {
	struct egw_process process; /* pid 0 = not known */
	__u64 window_ns;            /* since when new destinations are counted */
	__u32 destinations;
	__u32 pad;
};

#define EGW_FLOW_OF_PROCESS (1ull << 63)

struct egw_flow_key {
	__u64 socket; /* of questions to port 53 the process, with EGW_FLOW_OF_PROCESS set */
	__u8 remote[16];
	__u16 remote_port;
	__u8 protocol;
	__u8 raw;
	__u8 pad[4];
};

/*
 * What both sides write through shared memory. The wake-up handshake (bpf/lib/emit.bpf.h): the daemon sets
 * consumer_asleep to 1 before it goes to sleep, the first record after that sets it to 0 and wakes the daemon.
 */
struct egw_wakeup {
	__u32 consumer_asleep;
	__u32 generation;   /* of the programs that are to work; those of another do nothing (lib/generation.bpf.h) */
	__u64 last_full_ns; /* when a nearly full ring last woke the daemon */
	__u64 released_records; /* how many records of the ring the daemon has given back */
};

/* Connections whose attempt found no room in the ring, summed: a flood must not hide whom else a unit spoke to. */
struct egw_lost_attempt_key {
	__u64 cgroup_id;
	__u8 remote[16];
	__u16 remote_port;
	__u8 pad[6];
};

struct egw_route_error {
	__u64 time_ns;
	__u8 destination[16];
	__s32 error;
	__u32 pad;
};

struct egw_totals {
	__u64 produced[EGW_RECORD_TYPE_END];
	__u64 lost[EGW_LOST_REASON_END];
};

static_assert(sizeof(struct egw_socket_state) == 168, "abi");
static_assert(sizeof(struct egw_sender) == 56, "abi");
static_assert(sizeof(struct egw_flow_key) == 32, "abi");
static_assert(sizeof(struct egw_wakeup) == 24, "abi");
static_assert(sizeof(struct egw_lost_attempt_key) == 32, "abi");
static_assert(sizeof(struct egw_route_error) == 32, "abi");
static_assert(sizeof(struct egw_totals) == 8 * EGW_RECORD_TYPE_END + 8 * EGW_LOST_REASON_END, "abi");

#endif

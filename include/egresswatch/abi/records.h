/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_ABI_RECORDS_H
#define EGRESSWATCH_ABI_RECORDS_H

/*
 * Every byte that crosses from the BPF programs to the daemon, also the content of a recording.
 *
 * Rules: fixed-width fields, explicit padding, no pointers; sizes and offsets are asserted below. Integers are in host
 * byte order, ports too; addresses are 16 bytes in network byte order, IPv4 as v4-mapped IPv6 (RFC 4291 2.5.5.2).
 * Times ending in _ns are CLOCK_MONOTONIC nanoseconds unless the field says otherwise. Compiles as C11 and C++20.
 */

#ifndef __bpf__
#include <assert.h>
#include <linux/types.h>
#else
#define static_assert _Static_assert
#endif

/* Raised on any change of layout: a recording or a pinned map of another version is refused. */
#define EGW_ABI_VERSION 1

enum egw_record_type {
	EGW_TCP_ATTEMPT = 1,
	EGW_TCP_ESTABLISHED = 2,
	EGW_TCP_FIRST_BYTE = 3,
	EGW_TCP_CLOSED = 4,
	EGW_CONNECT_FAILED = 5,
	EGW_TCP_EXISTING = 6,
	EGW_UDP_FLOW = 7,
	EGW_DNS = 8,
	EGW_COUNTERS = 9,
	EGW_RECORD_TYPE_END = 10,
};

/* Why something that happened did not become a record, or not a whole one. */
enum egw_lost_reason {
	EGW_LOST_RING_FULL = 0,
	EGW_LOST_SOCKET_TABLE_FULL = 1,  /* an attempt whose later events cannot be told from a stranger's */
	EGW_LOST_UDP_TABLE_FULL = 2,     /* a UDP flow that is not counted */
	EGW_LOST_PAYLOAD_TRUNCATED = 3,  /* the record came, its DNS payload was cut at EGW_DNS_PAYLOAD_MAX */
	EGW_LOST_PAYLOAD_UNREADABLE = 4, /* headers or payload could not be read from the packet */
	EGW_LOST_REASON_END = 5,
};

/* The size covers the header and everything behind it. */
struct egw_header {
	__u32 type; /* enum egw_record_type */
	__u32 size;
	__u64 time_ns; /* when the kernel saw it */
};

struct egw_process {
	__u32 pid;           /* thread group id, initial pid namespace; 0 = unknown */
	__u32 uid;           /* initial user namespace */
	__u64 start_time_ns; /* CLOCK_BOOTTIME, thread group leader; 0 = unknown (kernels before 5.11) */
	__u64 cgroup_id;     /* cgroup v2; 0 = unknown */
	char comm[16];
};

struct egw_tuple {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port; /* 0 before the kernel chose one */
	__u16 remote_port;
	__u16 family; /* of the socket: 2 AF_INET, 10 AF_INET6 (also when it speaks to a v4-mapped address) */
	__u16 pad;
};

/* A socket went CLOSE -> SYN_SENT: connect(), io_uring or MSG_FASTOPEN. In the context of the calling task. */
struct egw_tcp_attempt {
	struct egw_header header;
	__u64 socket; /* socket cookie; where the kernel gave none, its address (top bit set) */
	__u32 netns;  /* inode number of the network namespace */
	__u32 pad;
	struct egw_tuple tuple;
	struct egw_process process;
};

struct egw_tcp_established {
	struct egw_header header;
	__u64 socket;
	__u64 latency_ns; /* from SYN_SENT to ESTABLISHED; 0 = the attempt was before the daemon's start */
	__u32 netns;
	__u32 srtt_us;
	__u32 syn_retransmits;
	__u32 pad;
	struct egw_tuple tuple;
};

/* First payload received; header.time_ns is when. Once per connection. */
struct egw_tcp_first_byte {
	struct egw_header header;
	__u64 socket;
	__u64 sent_ns; /* first payload sent; 0 = the server spoke first */
};

#define EGW_CLOSED_RST_RECEIVED 0x1u
#define EGW_CLOSED_EXISTED_AT_START 0x2u /* attempt_ns and established_ns are unknown (0) */

/* A socket reached CLOSE after an attempt or after it was found at start. */
struct egw_tcp_closed {
	struct egw_header header;
	__u64 socket;
	__u64 attempt_ns;
	__u64 established_ns; /* 0 = never established */
	__u64 bytes_sent;     /* payload, without retransmissions */
	__u64 bytes_acked;    /* as tcp_info: SYN and FIN count one each */
	__u64 bytes_received; /* as tcp_info: FIN may count one */
	__u32 netns;
	__u32 retransmits; /* segments, without SYNs */
	__u32 syn_retransmits;
	__u32 srtt_us;
	__u32 error;      /* sk_err, an errno value */
	__u32 error_soft; /* sk_err_soft: an ICMP error that did not end the connection */
	__u32 flags;      /* EGW_CLOSED_* */
	__u8 old_state;   /* TCP state before CLOSE, as in linux/tcp_states.h */
	__u8 icmp_origin; /* 2 ICMP, 3 ICMPv6: such an error came before the connection was established; 0 = none seen */
	__u8 icmp_type;
	__u8 icmp_code;
	struct egw_tuple tuple;
};

/* connect() passed cgroup/connect4|6 and never reached SYN_SENT. Emitted when the socket is released or tries again. */
struct egw_connect_failed {
	struct egw_header header;
	__u64 socket;
	__u64 attempt_ns;
	__u32 netns;
	__s32 route_error;   /* negative errno of the route lookup; 0 = none seen */
	__s32 verdict_error; /* negative errno of another cgroup program; 0 = none seen (before 5.18: not visible) */
	__u32 pad;
	struct egw_tuple tuple; /* no local address */
	struct egw_process process;
};

/*
 * A socket found by iter/tcp. The kernel's side writes all of them, listeners (state 10) too; in the stream of records
 * come only those that were not accepted by a listener of this host.
 */
struct egw_tcp_existing {
	struct egw_header header;
	__u64 socket;
	__u64 inode; /* of the socket, as in /proc/<pid>/fd; 0 = orphan */
	__u32 netns;
	__u32 uid;
	__u32 state;
	__u32 pad;
	struct egw_tuple tuple;
};

/* Datagrams sent by one socket to one destination since the last such record. */
struct egw_udp_flow {
	struct egw_header header;
	__u64 socket;
	__u64 packets;
	__u64 bytes; /* of UDP payload */
	__u32 netns; /* 0 = unknown */
	__u32 first; /* 1 = the first datagram to this destination, emitted at once */
	struct egw_tuple tuple;
	struct egw_process process;
};

#define EGW_DNS_PAYLOAD_SMALL 512
#define EGW_DNS_PAYLOAD_MAX 4096
enum egw_direction { EGW_EGRESS = 0, EGW_INGRESS = 1 };

/* A packet to or from port 53 of another host (or of a resolver on this one, seen from the asking socket). */
struct egw_dns {
	struct egw_header header;
	__u64 socket;
	struct egw_tuple tuple;
	struct egw_process process; /* owner of the socket: pid 0 if its opening was not seen; cgroup_id even then */
	__u32 tcp_seq;              /* sequence number of the first payload byte; 0 for UDP */
	__u32 payload_length;       /* bytes that follow this structure */
	__u32 original_length;      /* bytes on the wire, >= payload_length */
	__u8 direction;             /* enum egw_direction */
	__u8 protocol;              /* 17 UDP, 6 TCP */
	__u8 pad[2];
	/* payload_length bytes follow; the record is padded to EGW_DNS_PAYLOAD_SMALL or EGW_DNS_PAYLOAD_MAX of them */
};

/* Totals since attach. In recordings, so that a replay knows what was lost; live, read from the kernel. */
struct egw_counters {
	struct egw_header header;
	__u64 produced[EGW_RECORD_TYPE_END];
	__u64 lost[EGW_LOST_REASON_END];
};

static_assert(sizeof(struct egw_header) == 16, "abi");
static_assert(sizeof(struct egw_process) == 40, "abi");
static_assert(sizeof(struct egw_tuple) == 40, "abi");
static_assert(sizeof(struct egw_tcp_attempt) == 112, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_attempt, tuple) == 32, "abi");
static_assert(sizeof(struct egw_tcp_established) == 88, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_established, tuple) == 48, "abi");
static_assert(sizeof(struct egw_tcp_first_byte) == 32, "abi");
static_assert(sizeof(struct egw_tcp_closed) == 136, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_closed, tuple) == 96, "abi");
static_assert(sizeof(struct egw_connect_failed) == 128, "abi");
static_assert(__builtin_offsetof(struct egw_connect_failed, tuple) == 48, "abi");
static_assert(sizeof(struct egw_tcp_existing) == 88, "abi");
static_assert(sizeof(struct egw_udp_flow) == 128, "abi");
static_assert(sizeof(struct egw_dns) == 120, "abi");

#endif

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
#define EGW_ABI_VERSION 3

enum egw_record_type {
	EGW_TCP_ATTEMPT = 1,
	EGW_TCP_ESTABLISHED = 2,
	EGW_TCP_FIRST_BYTE = 3,
	EGW_TCP_CLOSED = 4,
	EGW_CONNECT_FAILED = 5,
	EGW_TCP_EXISTING = 6,
	EGW_FLOW = 7,
	EGW_DNS = 8,
	EGW_COUNTERS = 9,
	EGW_TCP_PAYLOAD = 10,
	EGW_TCP_RETRANSMIT = 11,
	EGW_TCP_CLOSING = 12,
	EGW_DROP_REASON = 13,
	EGW_NAME_LOOKUP = 14,
	EGW_RECORD_TYPE_END = 15,
};

/* Why something that happened did not become a record, or not a whole one. */
enum egw_lost_reason {
	EGW_LOST_RING_FULL = 0,
	EGW_LOST_SOCKET_TABLE_FULL = 1,  /* an attempt whose later events cannot be told from a stranger's */
	EGW_LOST_FLOW_TABLE_FULL = 2,    /* packets of a flow that is not told: see struct egw_flow */
	EGW_LOST_PAYLOAD_TRUNCATED = 3,  /* the record came, its payload was cut at the maximum of its type */
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

#define EGW_FIRST_BYTE_HEAD 32

/* First payload received; header.time_ns is when. Once per connection. */
struct egw_tcp_first_byte {
	struct egw_header header;
	__u64 socket;
	__u64 sent_ns;     /* first payload sent; 0 = the server spoke first */
	__u32 length;      /* payload of the segment */
	__u32 head_length; /* bytes of head that were copied; 0 = none, the socket sent neither TLS nor HTTP */
	__u8 head[EGW_FIRST_BYTE_HEAD]; /* the first bytes, then zeros */
};

#define EGW_PAYLOAD_SMALL 640
#define EGW_PAYLOAD_MAX 2304
/* More segments than these before the server's first byte are not looked at. */
#define EGW_PAYLOAD_SEGMENTS 8

/*
 * What a client sends before anything was received, if its first byte is that of a TLS handshake record or of an HTTP
 * method: of TLS up to EGW_PAYLOAD_SEGMENTS segments and EGW_PAYLOAD_MAX bytes in all (a ClientHello may come in
 * several), of HTTP the first segment. New bytes only, no retransmissions.
 */
struct egw_tcp_payload {
	struct egw_header header;
	__u64 socket;
	__u32 offset;          /* of the first byte, in what the client sent */
	__u32 payload_length;  /* bytes that follow this structure */
	__u32 original_length; /* payload of the segment, >= payload_length */
	__u32 pad;
	/* payload_length bytes follow; the record is padded to EGW_PAYLOAD_SMALL or EGW_PAYLOAD_MAX of them */
};

/*
 * A SYN was sent again; or, once established, the first retransmission since the peer was last heard: from here on the
 * connection stalls.
 */
struct egw_tcp_retransmit {
	struct egw_header header;
	__u64 socket;
	__u64 idle_ns; /* established: how long the peer had been silent by then, see egw_tcp_closed.idle_ns; else 0 */
	__u32 count;   /* of all retransmissions of the socket, with this one */
	__u32 state;   /* TCP state, as in linux/tcp_states.h */
};

#define EGW_CLOSED_RST_RECEIVED 0x1u
#define EGW_CLOSED_EXISTED_AT_START 0x2u /* attempt_ns and established_ns are unknown (0) */

/*
 * EGW_TCP_CLOSED: a socket reached CLOSE after an attempt or after it was found at start.
 * EGW_TCP_CLOSING: the client hangs up an established connection (old_state ESTABLISHED) on which it waits for
 * something: nothing was ever received although payload was sent, or what it sent is being repeated without an
 * acknowledgement. EGW_TCP_CLOSED follows when the kernel gives up, minutes later.
 */
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
	/*
	 * TCP state before CLOSE, as in linux/tcp_states.h. CLOSE itself: that change was not seen, only that the socket
	 * is gone; by then the application may have taken the error.
	 */
	__u8 old_state;
	__u8 icmp_origin; /* 2 ICMP, 3 ICMPv6: such an error came before the connection was established; 0 = none seen */
	__u8 icmp_type;
	__u8 icmp_code;
	struct egw_tuple tuple;
	__u64 first_sent_ns;     /* first payload sent; 0 = none, or it was before the daemon's start */
	__u64 first_received_ns; /* first payload received; 0 as above */
	/*
	 * How long the peer had been silent when it turned out that it does not answer any more: at the first
	 * retransmission of a stall that never ended, or at the reset. Accurate to a round trip and a retransmission
	 * timeout. 0 = neither happened after establishment.
	 */
	__u64 idle_ns;
	__u32 unacked_bytes;       /* sent and not acknowledged; SYN and FIN count one each */
	__u32 stalled_retransmits; /* consecutive retransmissions without any progress */
	/* Packets of this connection that this host dropped itself; reasons as in EGW_DROP_REASON, of the last one. */
	__u32 dropped_out;
	__u32 dropped_out_reason;
	__u32 dropped_in;
	__u32 dropped_in_reason;
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

/*
 * Packets that one socket sent to one destination by one protocol since the last such record: everything that no TCP
 * socket sends. Questions to port 53 are one flow of the whole process, whose socket is the first that asked. Told of
 * sockets that a process opened. What the kernel sends for itself (resets, ICMP errors, neighbour discovery, IGMP and
 * MLD) is no flow, nor is what answers port 53 from here.
 */
struct egw_flow {
	struct egw_header header;
	__u64 socket;
	__u64 packets; /* of TCP without `raw`: connections whose EGW_TCP_ATTEMPT was lost, of one control group */
	__u64 bytes;   /* of UDP its payload, else all that follows the IP header and its extensions */
	__u32 netns;   /* 0 = unknown */
	__u8 first;    /* 1 = the first packet to this destination, emitted at once */
	__u8 raw;      /* 1 = of a raw socket, whatever the protocol */
	__u8 protocol; /* as in the packet: IANA's number, after at most 4 extension headers of IPv6 */
	__u8 pad;
	struct egw_tuple tuple; /* ports of UDP and SCTP, else 0 */
	/* who opened the socket, or of UDP first used it; pid 0 if that was before the daemon's start, cgroup_id even then */
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

/* What the running kernel calls a drop reason (enum skb_drop_reason of its BTF). Written by the daemon, not the kernel. */
struct egw_drop_reason {
	struct egw_header header;
	__u32 number;
	__u32 pad;
	char name[48]; /* without SKB_DROP_REASON_, NUL-padded */
};

#define EGW_LOOKUP_ADDRESSES 8

/* getaddrinfo() of a C library returned addresses for a name. From the extra object; in the context of the caller. */
struct egw_name_lookup {
	struct egw_header header;
	struct egw_process process;
	__u32 address_count; /* in addresses */
	__u32 name_length;   /* bytes of name, without the NUL; 255 at most */
	__u8 addresses[EGW_LOOKUP_ADDRESSES][16];
	char name[256]; /* as the program wrote it, any bytes; zeros behind */
};

static_assert(sizeof(struct egw_header) == 16, "abi");
static_assert(sizeof(struct egw_process) == 40, "abi");
static_assert(sizeof(struct egw_tuple) == 40, "abi");
static_assert(sizeof(struct egw_tcp_attempt) == 112, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_attempt, tuple) == 32, "abi");
static_assert(sizeof(struct egw_tcp_established) == 88, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_established, tuple) == 48, "abi");
static_assert(sizeof(struct egw_tcp_first_byte) == 72, "abi");
static_assert(sizeof(struct egw_tcp_payload) == 40, "abi");
static_assert(sizeof(struct egw_tcp_retransmit) == 40, "abi");
static_assert(sizeof(struct egw_tcp_closed) == 184, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_closed, first_sent_ns) == 136, "abi");
static_assert(__builtin_offsetof(struct egw_tcp_closed, tuple) == 96, "abi");
static_assert(sizeof(struct egw_connect_failed) == 128, "abi");
static_assert(__builtin_offsetof(struct egw_connect_failed, tuple) == 48, "abi");
static_assert(sizeof(struct egw_tcp_existing) == 88, "abi");
static_assert(sizeof(struct egw_flow) == 128, "abi");
static_assert(sizeof(struct egw_dns) == 120, "abi");
static_assert(sizeof(struct egw_drop_reason) == 72, "abi");
static_assert(sizeof(struct egw_name_lookup) == 448, "abi");

#endif

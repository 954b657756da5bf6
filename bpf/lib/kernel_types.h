/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_KERNEL_TYPES_H
#define EGRESSWATCH_KERNEL_TYPES_H

/*
 * The kernel's types that the programs read, reduced to the fields that they read. Written by hand after the kernel's
 * own headers (include/net/sock.h, include/linux/tcp.h, include/net/flow.h, include/net/ip6_fib.h, include/linux/sched.h)
 * as of 5.10 to 6.18. Offsets are not taken from here: preserve_access_index makes libbpf relocate every access by
 * field name against the running kernel's BTF (CO-RE), so order, gaps and architecture do not matter, and the build
 * reads no kernel. Types of the user API (struct __sk_buff, ...) come from <linux/bpf.h>.
 */

#include <linux/bpf.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct fib6_info;

struct netns_ipv6 {
	struct fib6_info *fib6_null_entry;
};

struct net {
	struct ns_common ns;
	struct netns_ipv6 ipv6; /* where the kernel has IPv6 */
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
};

struct socket {
	struct file *file;
};

struct sock;

struct sk_buff {
	struct sock *sk; /* of an anonymous union */
	int skb_iif;     /* the interface it came in by; 0 = made here */
	char cb[48];
};

/* include/linux/skbuff.h; in the kernel the two pointers are of an anonymous union */
struct sk_buff_head {
	struct sk_buff *next;
	struct sk_buff *prev;
	__u32 qlen;
};

struct sock_extended_err {
	__u32 ee_errno;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_err;
	int sk_err_soft;
	__u8 sk_shutdown;
	struct socket *sk_socket;
	struct sk_buff_head sk_error_queue;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u8 icsk_retransmits; /* timeouts in a row without progress */
	struct {
		__u32 lrcvtime; /* last payload received, in ticks */
	} icsk_ack;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 srtt_us; /* smoothed round trip time << 3, in microseconds */
	__u32 total_retrans;
	__u32 segs_out;   /* with the SYN */
	__u32 rcv_tstamp; /* last acknowledgement received, in ticks */
	__u32 snd_una;
	__u32 snd_nxt;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u64 bytes_acked;
	__u64 bytes_received;
};

struct task_struct {
	struct task_struct *group_leader;
	__u64 start_boottime;
	char comm[16];
};

struct flowi4 {
	__be32 daddr;
};

struct flowi6 {
	struct in6_addr daddr;
};

struct fib6_result {
	struct fib6_info *f6i;
	__u32 fib6_flags;
	__u8 fib6_type;
};

struct fib6_table {
	__u32 tb6_id;
};

struct fib_nh_common;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	unsigned int uid;
};

#pragma clang attribute pop

enum { AF_INET = 2, AF_INET6 = 10 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3 };
enum { IPPROTO_HOPOPTS = 0, IPPROTO_ROUTING = 43, IPPROTO_DSTOPTS = 60 };
enum {
	IPPROTO_ICMP = 1,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_ICMPV6 = 58,
	IPPROTO_SCTP = 132,
	IPPROTO_MPTCP = 262
};
enum { SO_EE_ORIGIN_ICMP = 2, SO_EE_ORIGIN_ICMP6 = 3 }; /* include/uapi/linux/errqueue.h */
enum { ETH_P_IP = 0x0800, ETH_P_IPV6 = 0x86DD };
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_FIN_WAIT1 = 4, TCP_CLOSE = 7 };
enum { RCV_SHUTDOWN = 1 };
enum { EAGAIN = 11, EINVAL = 22, EACCES = 13, EHOSTUNREACH = 113, ENETUNREACH = 101 };

#endif

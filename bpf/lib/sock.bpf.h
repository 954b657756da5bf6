/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_SOCK_BPF_H
#define EGRESSWATCH_SOCK_BPF_H

#include "lib/core_compat.bpf.h"

#include <bpf/bpf_endian.h>

#include "egresswatch/abi/records.h"

static __always_inline void sock__map_v4(__u8 to[16], __be32 address)
{
	*(__u32 *)&to[0] = 0;
	*(__u32 *)&to[4] = 0;
	*(__u32 *)&to[8] = bpf_htonl(0xffff);
	*(__u32 *)&to[12] = address;
}

static __always_inline void sock__copy_v6(__u8 to[16], const struct in6_addr *from)
{
	*(__u32 *)&to[0] = from->in6_u.u6_addr32[0];
	*(__u32 *)&to[4] = from->in6_u.u6_addr32[1];
	*(__u32 *)&to[8] = from->in6_u.u6_addr32[2];
	*(__u32 *)&to[12] = from->in6_u.u6_addr32[3];
}

/*
 * The identity of a socket: its cookie, which the kernel never gives twice. cgroup/connect4|6 makes one for every
 * outbound socket before anything else sees it. A socket without one was accepted, or existed before the daemon; on
 * kernels that cannot make one here its address serves (top bit set, so never equal to a cookie), else 0: not ours.
 */
static __always_inline __u64 sock__id(const struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	if (cookie)
		return cookie;
	return has_cookie_in_tracing ? 0 : (__u64)sk;
}

/*
 * skc_num is 0 once the socket is closed, inet_sport stays; before the kernel chose a port both are 0.
 */
static __always_inline void sock__tuple(struct egw_tuple *t, const struct sock *sk, const struct tcp_sock *tp)
{
	t->family = sk->__sk_common.skc_family;
	t->pad = 0;
	t->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	t->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	if (t->family == AF_INET6) {
		sock__copy_v6(t->local, &sk->__sk_common.skc_v6_rcv_saddr);
		sock__copy_v6(t->remote, &sk->__sk_common.skc_v6_daddr);
	} else {
		sock__map_v4(t->local, sk->__sk_common.skc_rcv_saddr);
		sock__map_v4(t->remote, sk->__sk_common.skc_daddr);
	}
}

static __always_inline __u32 sock__netns(const struct sock *sk)
{
	return sk->__sk_common.skc_net.net->ns.inum;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/socket_state.bpf.h"

/*
 * Why this hook: an ICMP error that ends a connect() is gone from the socket as soon as the client asks for it
 * (SO_ERROR clears sk_err and sk_err_soft), and neither ever told type and code. Here the message still lies, newest
 * last, in the socket's error queue: since 5.18 (45af29ca761c) for every TCP socket in SYN_SENT.
 */
SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(icmp_error, const struct sock *sk)
{
	const __u32 at = bpf_core_field_offset(struct sock_exterr_skb, ee);
	struct egw_socket_state *state;
	const struct sk_buff *newest;
	__u8 origin;
	__u64 id;

	if (sk->sk_protocol != IPPROTO_TCP || !sk->sk_error_queue.qlen)
		return 0;
	state = socket_state__find(sk, &id);
	if (!state)
		return 0;
	newest = sk->sk_error_queue.prev;
	/* struct sock_extended_err: __u32 errno, __u8 origin, type, code; read bytewise, as the verifier wants it */
	origin = newest->cb[at + 4];
	if (origin != SO_EE_ORIGIN_ICMP && origin != SO_EE_ORIGIN_ICMP6)
		return 0;
	state->icmp_origin = origin;
	state->icmp_type = newest->cb[at + 5];
	state->icmp_code = newest->cb[at + 6];
	return 0;
}

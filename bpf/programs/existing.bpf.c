// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/sock.bpf.h"

/*
 * Why this hook: sockets that were open before the daemon started pass no other one until they close. Read once per
 * network namespace, after all other programs are attached, so that nothing falls between.
 */
SEC("iter/tcp")
int existing(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct egw_tcp_existing r = {};
	struct tcp_sock *tp;
	struct sock *sk;

	if (!common)
		return 0;
	/* null for TIME_WAIT and half-open requests, which have no owner any more or not yet */
	tp = bpf_skc_to_tcp_sock(common);
	if (!tp)
		return 0;
	sk = (struct sock *)tp;

	r.header.type = EGW_TCP_EXISTING;
	r.header.size = sizeof(r);
	r.header.time_ns = bpf_ktime_get_ns();
	if (has_cookie_in_tracing)
		r.socket = bpf_get_socket_cookie(tp);
	else
		r.socket = sock__id(sk);
	r.netns = sock__netns(sk);
	r.uid = ctx->uid;
	r.state = common->skc_state;
	if (sk->sk_socket && sk->sk_socket->file)
		r.inode = sk->sk_socket->file->f_inode->i_ino;
	sock__tuple(&r.tuple, sk, tp);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/emit.bpf.h"
#include "lib/generation.bpf.h"
#include "lib/silence.bpf.h"
#include "lib/socket_state.bpf.h"

static __always_inline void emit_retransmit(const struct sock *sk, const struct tcp_sock *tp, __u64 id, __u64 idle_ns)
{
	struct egw_tcp_retransmit *r = emit__reserve(EGW_TCP_RETRANSMIT, sizeof(*r));

	if (!r)
		return;
	r->socket = id;
	r->idle_ns = idle_ns;
	r->count = tp->total_retrans;
	r->state = sk->__sk_common.skc_state;
	emit__submit(r);
}

/*
 * Why this hook: a SYN that is sent again is the first sign of a silent drop, minutes before the kernel gives up, and the
 * first timeout after data tells how long the peer had been silent. Fast retransmissions and loss probes are none of that:
 * an acknowledgement called for them, or they come before the timeout that does.
 */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit, const struct sock *sk)
{
	struct egw_socket_state *state;
	struct silence silence;
	struct tcp_sock *tp;
	__u64 id;

	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tp)
		return 0;
	if (sk->__sk_common.skc_state != TCP_SYN_SENT && !tp->inet_conn.icsk_retransmits)
		return 0;
	state = socket_state__find(sk, &id);
	if (!state || !generation__is_current())
		return 0;
	if (sk->__sk_common.skc_state == TCP_SYN_SENT) {
		emit_retransmit(sk, tp, id, 0);
		return 0;
	}
	if (state->phase != EGW_PHASE_ESTABLISHED)
		return 0;
	silence__of(tp, &silence);
	if (silence__note(state, &silence))
		emit_retransmit(sk, tp, id, silence.idle_ns);
	return 0;
}

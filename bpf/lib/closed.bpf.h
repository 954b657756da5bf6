/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_CLOSED_BPF_H
#define EGRESSWATCH_CLOSED_BPF_H

#include "lib/emit.bpf.h"
#include "lib/silence.bpf.h"
#include "lib/sock.bpf.h"
#include "maps.bpf.h"

/* What a reset or the newest stall told, if nothing was heard since. */
static __always_inline __u64 closed__idle(const struct tcp_sock *tp, const struct egw_socket_state *state)
{
	struct silence silence;

	if (!state->stall_heard_ns)
		return 0;
	if (state->flags & EGW_STATE_RST_RECEIVED)
		return state->stall_idle_ns;
	silence__of(tp, &silence);
	return silence.heard == state->stall_heard_ns ? state->stall_idle_ns : 0;
}

/* EGW_TCP_CLOSED or EGW_TCP_CLOSING. */
static __always_inline void closed__emit(__u32 type, struct sock *sk, struct tcp_sock *tp, __u64 id,
					 struct egw_socket_state *state, int old_state)
{
	struct egw_tcp_closed *r = emit__reserve(type, sizeof(*r));

	if (r) {
		__u32 retransmits = tp->total_retrans;

		/* until it is established every retransmission is one of the SYN */
		r->syn_retransmits = state->phase == EGW_PHASE_ESTABLISHED ? state->syn_retransmits : retransmits;
		r->retransmits = retransmits - r->syn_retransmits;
		r->socket = id;
		r->attempt_ns = state->attempt_ns;
		r->established_ns = state->established_ns;
		r->bytes_sent = tp->bytes_sent - tp->bytes_retrans;
		r->bytes_acked = tp->bytes_acked;
		r->bytes_received = tp->bytes_received;
		r->netns = sock__netns(sk);
		r->srtt_us = tp->srtt_us >> 3;
		r->error = sk->sk_err;
		r->error_soft = sk->sk_err_soft;
		r->flags = state->flags & EGW_STATE_RST_RECEIVED ? EGW_CLOSED_RST_RECEIVED : 0;
		if (state->flags & EGW_STATE_EXISTED_AT_START)
			r->flags |= EGW_CLOSED_EXISTED_AT_START;
		r->old_state = old_state;
		r->icmp_origin = state->icmp_origin;
		r->icmp_type = state->icmp_type;
		r->icmp_code = state->icmp_code;
		sock__tuple(&r->tuple, sk, tp);
		r->first_sent_ns = state->first_sent_ns;
		r->first_received_ns = state->first_received_ns;
		r->idle_ns = closed__idle(tp, state);
		r->unacked_bytes = tp->snd_nxt - tp->snd_una;
		r->stalled_retransmits = tp->inet_conn.icsk_retransmits;
		r->dropped_out = state->dropped_out;
		r->dropped_out_reason = state->dropped_out_reason;
		r->dropped_in = state->dropped_in;
		r->dropped_in_reason = state->dropped_in_reason;
		emit__submit(r);
	}
}

#endif

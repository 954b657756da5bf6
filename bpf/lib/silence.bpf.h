/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_SILENCE_BPF_H
#define EGRESSWATCH_SILENCE_BPF_H

#include "maps.bpf.h"

/*
 * How long a peer has been silent. The kernel keeps two times of a socket, in ticks: the last acknowledgement and the last
 * payload that came (a segment on the fast path brings only the latter). The microsecond fields of tcp_sock will not do:
 * delivered_mstamp is set anew when something is sent after a pause, which is just the silence that is asked for.
 */
struct silence {
	__u64 heard;   /* when, in nanoseconds by ticks; the same for as long as nothing comes */
	__u64 idle_ns; /* at least 1 */
};

static __always_inline void silence__of(const struct tcp_sock *tp, struct silence *s)
{
	__u64 now = bpf_jiffies64();
	__u32 acked = (__u32)now - tp->rcv_tstamp;
	__u32 received = (__u32)now - tp->inet_conn.icsk_ack.lrcvtime;
	__u32 ticks = acked < received ? acked : received;

	s->heard = (now - ticks) * tick_ns;
	s->idle_ns = ticks * tick_ns;
	if (!s->idle_ns)
		s->idle_ns = 1;
}

/* A new stall? Then it is on record now. */
static __always_inline int silence__note(struct egw_socket_state *state, const struct silence *s)
{
	if (state->stall_heard_ns == s->heard)
		return 0;
	state->stall_heard_ns = s->heard;
	state->stall_idle_ns = s->idle_ns;
	return 1;
}

#endif

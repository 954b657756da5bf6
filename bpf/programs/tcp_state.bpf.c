// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/closed.bpf.h"
#include "lib/generation.bpf.h"
#include "lib/socket_state.bpf.h"
#include "lib/task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Why this hook: it is the one place that every way to connect passes (connect(), io_uring, MSG_FASTOPEN, kernel
 * sockets), in every network namespace, with the state before and after; CLOSE -> SYN_SENT runs in the calling task.
 */

/* Not inlined, for its place on the stack. */
static __noinline int sum_lost_attempt(struct sock *sk, struct tcp_sock *tp, const struct egw_process *process)
{
	struct egw_lost_attempt_key key = {};
	struct egw_flow fresh = {};
	struct egw_flow *known;

	sock__tuple(&fresh.tuple, sk, tp);
	key.cgroup_id = process->cgroup_id;
	__builtin_memcpy(key.remote, fresh.tuple.remote, 16);
	key.remote_port = fresh.tuple.remote_port;
	known = bpf_map_lookup_elem(&lost_attempts, &key);
	if (known) {
		__sync_fetch_and_add(&known->packets, 1);
		return 0;
	}
	fresh.packets = 1;
	fresh.protocol = IPPROTO_TCP;
	fresh.netns = sock__netns(sk);
	fresh.process = *process;
	if (bpf_map_update_elem(&lost_attempts, &key, &fresh, BPF_ANY))
		emit__lost(EGW_LOST_FLOW_TABLE_FULL);
	return 0;
}

static __always_inline void on_attempt(struct sock *sk, struct tcp_sock *tp, __u64 id, struct egw_socket_state *state)
{
	struct egw_tcp_attempt *r;

	if (!state) {
		/* cgroup/connect4|6 did not run or its table was full: the latter is tried again and counted here */
		struct egw_socket_state fresh = {};

		bpf_map_update_elem(&sockets, &id, &fresh, BPF_ANY);
		state = bpf_map_lookup_elem(&sockets, &id);
		if (!state)
			emit__lost(EGW_LOST_SOCKET_TABLE_FULL);
	}

	if (state) {
		state->attempt_ns = bpf_ktime_get_ns();
		state->phase = EGW_PHASE_SYN_SENT;
		if (!state->process.pid)
			task__fill(&state->process);
	}
	r = emit__reserve(EGW_TCP_ATTEMPT, sizeof(*r));
	if (!r) {
		if (state)
			sum_lost_attempt(sk, tp, &state->process);
		return;
	}
	r->socket = id;
	r->netns = sock__netns(sk);
	r->pad = 0;
	sock__tuple(&r->tuple, sk, tp);
	/* bound or 0: inet_sport still has the port of the attempt before, if there was one */
	r->tuple.local_port = sk->__sk_common.skc_num;
	if (state)
		r->process = state->process;
	else
		task__fill(&r->process);
	emit__submit(r);
}

static __always_inline void on_established(struct sock *sk, struct tcp_sock *tp, __u64 id,
					   struct egw_socket_state *state)
{
	struct egw_tcp_established *r;
	__u64 now = bpf_ktime_get_ns();

	/* the other of the two programs was here */
	if (state->phase == EGW_PHASE_ESTABLISHED)
		return;
	state->phase = EGW_PHASE_ESTABLISHED;
	state->established_ns = now;
	state->syn_retransmits = tp->total_retrans;

	r = emit__reserve(EGW_TCP_ESTABLISHED, sizeof(*r));
	if (!r)
		return;
	r->socket = id;
	r->latency_ns = state->attempt_ns ? now - state->attempt_ns : 0;
	r->netns = sock__netns(sk);
	r->srtt_us = tp->srtt_us >> 3;
	r->syn_retransmits = state->syn_retransmits;
	r->pad = 0;
	sock__tuple(&r->tuple, sk, tp);
	emit__submit(r);
}

static __always_inline void on_closed(struct sock *sk, struct tcp_sock *tp, __u64 id, struct egw_socket_state *state,
				      int old_state)
{
	closed__emit(EGW_TCP_CLOSED, sk, tp, id, state, old_state);
	bpf_map_delete_elem(&sockets, &id);
}

/*
 * close() on an established connection, which the kernel still has to end. Nothing to tell of one that received something
 * and waits for no acknowledgement in vain, as nearly all: that costs three loads. A shutdown() of one direction waits
 * for an answer, and is no end.
 */
static __always_inline void on_closing(struct sock *sk)
{
	struct egw_socket_state *state;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u64 id;

	if (!tp || !(sk->sk_shutdown & RCV_SHUTDOWN))
		return;
	if (!tp->inet_conn.icsk_retransmits || tp->snd_nxt == tp->snd_una)
		if (tp->bytes_received || !tp->bytes_sent)
			return;
	state = socket_state__find(sk, &id);
	if (state)
		closed__emit(EGW_TCP_CLOSING, sk, tp, id, state, TCP_ESTABLISHED);
}

/* No socket connects, fails and connects again within this time. */
#define HANDOVER_NS 100000

static __always_inline int on_end_of_handshake_or_socket(struct sock *sk, int old_state, int new_state)
{
	struct egw_socket_state *state;
	struct tcp_sock *tp;
	__u64 id;

	state = socket_state__find(sk, &id);
	/* accepted here, or not tracked, or told already */
	if (!state)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	if (new_state == TCP_ESTABLISHED)
		on_established(sk, tp, id, state);
	else
		on_closed(sk, tp, id, state, old_state);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int old_state, int new_state)
{
	struct egw_socket_state *state;
	struct tcp_sock *tp;
	__u64 id;

	/* DCCP, SCTP and the outer socket of MPTCP come here too; MPTCP's subflows are TCP sockets */
	if (sk->sk_protocol != IPPROTO_TCP || !generation__is_current())
		return 0;
	if (new_state == TCP_ESTABLISHED || new_state == TCP_CLOSE)
		return on_end_of_handshake_or_socket(sk, old_state, new_state);
	if (new_state == TCP_FIN_WAIT1 && old_state == TCP_ESTABLISHED)
		on_closing(sk);
	if (new_state != TCP_SYN_SENT)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	state = socket_state__find(sk, &id);
	/* the programs of another generation were here, and handed over in this very moment */
	if (state && state->phase == EGW_PHASE_SYN_SENT && bpf_ktime_get_ns() - state->attempt_ns < HANDOVER_NS)
		return 0;
	/* without cgroup/connect4|6 nobody made a cookie yet */
	if (!state)
		id = sock__id(sk);
	if (!id && has_cookie_in_tracing)
		id = bpf_get_socket_cookie(sk);
	on_attempt(sk, tp, id, state);
	return 0;
}

/*
 * Why a second program on this hook: while a program runs on a processor, the kernel (since 6.1) skips it for what an
 * interrupt brings there, and tells nobody; under load some closes of other sockets were lost. This one is not running
 * then. After the first has run it finds nothing to do: the socket is gone from the table, or established already.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_in_interrupt, struct sock *sk, int old_state, int new_state)
{
	if ((new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE) || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (!generation__is_current())
		return 0;
	return on_end_of_handshake_or_socket(sk, old_state, new_state);
}

/*
 * Why this hook: a reset leaves no trace in the socket that a local abort could not leave too.
 */
SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_reset, struct sock *sk)
{
	__u64 id;
	struct egw_socket_state *state = socket_state__find(sk, &id);
	struct silence silence;
	struct tcp_sock *tp;

	if (!state)
		return 0;
	state->flags |= EGW_STATE_RST_RECEIVED;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || state->phase != EGW_PHASE_ESTABLISHED)
		return 0;
	/* the reset itself does not count as heard: it is looked at before its acknowledgement */
	silence__of(tp, &silence);
	silence__note(state, &silence);
	return 0;
}

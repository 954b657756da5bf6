// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/closed.bpf.h"
#include "lib/connect_failed.bpf.h"
#include "lib/generation.bpf.h"
#include "lib/socket_state.bpf.h"

/*
 * Why this hook: no TCP socket ends without passing it, those of the kernel itself included. Nearly all are told of by
 * then, and forgotten. What is left is a connect() that failed before the socket left CLOSE, or a connection whose way
 * back to CLOSE the kernel showed to none of our programs: it must not stay open for ever.
 */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroyed, struct sock *sk)
{
	struct egw_socket_state *state;
	struct tcp_sock *tp;
	__u64 id;

	state = socket_state__find(sk, &id);
	if (!state || !generation__is_current())
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	/* with a segment sent it was no failed connect(), but one whose SYN_SENT was not shown either */
	if (state->phase == EGW_PHASE_CONNECTING && !tp->segs_out)
		connect_failed__emit(id, state);
	else
		closed__emit(EGW_TCP_CLOSED, sk, tp, id, state, TCP_CLOSE);
	bpf_map_delete_elem(&sockets, &id);
	return 0;
}

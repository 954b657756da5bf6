/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_CONNECT_FAILED_BPF_H
#define EGRESSWATCH_CONNECT_FAILED_BPF_H

#include "lib/emit.bpf.h"
#include "maps.bpf.h"

/* The attempt on record did not reach SYN_SENT; say so, with what is known of the reason. */
static __always_inline void connect_failed__emit(__u64 id, struct egw_socket_state *state)
{
	struct egw_connect_failed *r = emit__reserve(EGW_CONNECT_FAILED, sizeof(*r));
	struct egw_route_error *route;
	__u64 thread = state->thread;

	if (!r)
		return;
	r->socket = id;
	r->attempt_ns = state->attempt_ns;
	r->netns = state->netns;
	r->verdict_error = state->verdict_error;
	r->route_error = 0;
	r->pad = 0;

	/* a failed lookup by the same thread for the same destination, after the attempt began */
	route = bpf_map_lookup_elem(&route_errors, &thread);
	if (route && route->time_ns >= state->attempt_ns &&
	    *(__u64 *)&route->destination[0] == *(__u64 *)&state->remote[0] &&
	    *(__u64 *)&route->destination[8] == *(__u64 *)&state->remote[8])
		r->route_error = route->error;

	__builtin_memset(&r->tuple, 0, sizeof(r->tuple));
	__builtin_memcpy(r->tuple.remote, state->remote, 16);
	r->tuple.remote_port = state->remote_port;
	r->tuple.family = state->family;
	r->process = state->process;
	emit__submit(r);
}

#endif

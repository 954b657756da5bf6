/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_SOCKET_STATE_BPF_H
#define EGRESSWATCH_SOCKET_STATE_BPF_H

#include "lib/sock.bpf.h"
#include "maps.bpf.h"

/*
 * What is remembered of a socket, and under which id; null for a socket that is not followed. Where tracing programs
 * cannot make cookies (before 5.12), a socket that was found at start is known by its address, even if somebody gave it a
 * cookie since.
 */
static __always_inline struct egw_socket_state *socket_state__find(const struct sock *sk, __u64 *id)
{
	struct egw_socket_state *state = NULL;

	*id = sk->__sk_common.skc_cookie.counter;
	if (*id)
		state = bpf_map_lookup_elem(&sockets, id);
	if (!state && !has_cookie_in_tracing) {
		*id = (__u64)sk;
		state = bpf_map_lookup_elem(&sockets, id);
	}
	return state;
}

#endif

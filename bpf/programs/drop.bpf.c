// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/generation.bpf.h"
#include "lib/socket_state.bpf.h"

/*
 * Why this hook: every packet that this host drops passes it, with the reason (since 5.17), and a packet of a socket knows
 * its socket: an outgoing one until it leaves, an incoming one since early demultiplexing found it (SYN_SENT sockets too),
 * which is before the local rules are asked. Incoming ones are missed with net.ipv4.ip_early_demux or tcp_early_demux at
 * 0, and by the loopback device, where a packet brings its route along and is not looked up early.
 *
 * The socket may be one in TIME_WAIT or a half-open request: nothing but the fields common to all is read.
 */
SEC("tp_btf/kfree_skb")
int BPF_PROG(packet_dropped, struct sk_buff *skb, void *location, __u32 reason)
{
	struct sock *sk = skb->sk;
	struct egw_socket_state *state;
	__u64 id;

	if (!sk || (reason < DROP_REASONS && drop_ignored[reason]) || !generation__is_current())
		return 0;
	state = socket_state__find(sk, &id);
	if (!state)
		return 0;
	if (skb->skb_iif) {
		__sync_fetch_and_add(&state->dropped_in, 1);
		state->dropped_in_reason = reason;
	} else {
		__sync_fetch_and_add(&state->dropped_out, 1);
		state->dropped_out_reason = reason;
	}
	return 0;
}

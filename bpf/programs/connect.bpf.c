// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include "lib/connect_failed.bpf.h"
#include "lib/sender.bpf.h"
#include "lib/sock.bpf.h"
#include "lib/task.bpf.h"
#include "maps.bpf.h"

/*
 * Why these hooks: connect() can fail before the socket changes its state (no route, prohibited, denied), and then no
 * tracepoint fires. cgroup/connect4|6 sees every connect(), in the calling task, and makes the socket's cookie, which
 * names the socket for all other programs. tp_btf/tcp_destroy_sock sees that a connect() never got further (destroy.bpf.c).
 */

static __always_inline void note_connecting(struct bpf_sock_addr *ctx, const __u8 remote[16], __u16 family)
{
	struct egw_socket_state state = {};
	struct egw_socket_state *previous;
	__u64 id = bpf_get_socket_cookie(ctx);
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(ctx->sk);

	state.attempt_ns = bpf_ktime_get_ns();
	state.thread = bpf_get_current_pid_tgid();
	state.phase = EGW_PHASE_CONNECTING;
	state.family = family;
	state.verdict_error = compat__verdict();
	state.remote_port = bpf_ntohs(ctx->user_port);
	if (tp)
		state.netns = sock__netns((struct sock *)tp);
	__builtin_memcpy(state.remote, remote, 16);
	task__fill(&state.process);
	/* a socket that never tried before, as nearly all */
	if (!bpf_map_update_elem(&sockets, &id, &state, BPF_NOEXIST))
		return;
	previous = bpf_map_lookup_elem(&sockets, &id);
	if (previous && previous->phase == EGW_PHASE_CONNECTING)
		connect_failed__emit(id, previous);
	/* if the table is full, tp_btf/inet_sock_set_state tries again and counts */
	bpf_map_update_elem(&sockets, &id, &state, BPF_ANY);
}

/* These programs only watch: 1 lets the call go on. */
#define ALLOW 1

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	__u8 remote[16];

	if (ctx->type == SOCK_DGRAM) {
		sender__note(ctx->sk);
	} else if (ctx->type == SOCK_STREAM && ctx->protocol == IPPROTO_TCP) {
		sock__map_v4(remote, ctx->user_ip4);
		note_connecting(ctx, remote, AF_INET);
	}
	return ALLOW;
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	__u8 remote[16];

	if (ctx->type == SOCK_DGRAM) {
		sender__note(ctx->sk);
	} else if (ctx->type == SOCK_STREAM && ctx->protocol == IPPROTO_TCP) {
		*(__u32 *)&remote[0] = ctx->user_ip6[0];
		*(__u32 *)&remote[4] = ctx->user_ip6[1];
		*(__u32 *)&remote[8] = ctx->user_ip6[2];
		*(__u32 *)&remote[12] = ctx->user_ip6[3];
		note_connecting(ctx, remote, AF_INET6);
	}
	return ALLOW;
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	sender__note(ctx->sk);
	return ALLOW;
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	sender__note(ctx->sk);
	return ALLOW;
}

/*
 * Who sends by a socket of another kind is told by nothing but its opening. The kernel's own sockets do not come here,
 * which is how the packet programs know them.
 */
SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *ctx)
{
	__u32 protocol = ctx->protocol;

	if (ctx->type != SOCK_RAW && (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_MPTCP))
		return ALLOW;
	/* else what it sends may be taken for the kernel's */
	if (sender__note(ctx))
		emit__lost(EGW_LOST_FLOW_TABLE_FULL);
	return ALLOW;
}

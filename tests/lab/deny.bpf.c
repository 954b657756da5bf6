/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What another program on this host may do to a unit: forbid its connections, or drop what it sends over TCP. */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

SEC("cgroup/connect4")
int deny_connect(struct bpf_sock_addr *context)
{
	return context->protocol != IPPROTO_TCP;
}

SEC("cgroup_skb/egress")
int deny_egress(struct __sk_buff *packet)
{
	struct bpf_sock *socket = packet->sk;

	if (socket)
		socket = bpf_sk_fullsock(socket);
	return !socket || socket->protocol != IPPROTO_TCP;
}

char _license[] SEC("license") = "Dual BSD/GPL";

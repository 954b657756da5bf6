// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Nothing, on the hooks where the daemon's programs run for each connection: what a hook costs by itself, with the clock
 * reads of the kernel's statistic.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/inet_sock_set_state")
int noop_state(void *context)
{
	return 0;
}

/* as the daemon has two there */
SEC("tp_btf/inet_sock_set_state")
int noop_state_in_interrupt(void *context)
{
	return 0;
}

SEC("tp_btf/fib_table_lookup")
int noop_route(void *context)
{
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int noop_destroyed(void *context)
{
	return 0;
}

SEC("tp_btf/kfree_skb")
int noop_dropped(void *context)
{
	return 0;
}

SEC("cgroup/connect4")
int noop_connect(struct bpf_sock_addr *context)
{
	return 1;
}

SEC("cgroup/sock_create")
int noop_create(struct bpf_sock *context)
{
	return 1;
}

SEC("cgroup_skb/egress")
int noop_out(struct __sk_buff *packet)
{
	return 1;
}

SEC("cgroup_skb/ingress")
int noop_in(struct __sk_buff *packet)
{
	return 1;
}

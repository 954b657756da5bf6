// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <bpf/bpf_tracing.h>

#include "lib/sock.bpf.h"
#include "maps.bpf.h"

/*
 * Why these hooks: they are the only place short of the system call's exit that tells why connect() found no route.
 * They fire once per lookup in a table; success leaves at once.
 */

static __always_inline void note_route_error(struct egw_route_error *e, int error)
{
	__u64 thread = bpf_get_current_pid_tgid();

	/* softirq of an idle processor: no thread waits for this answer */
	if (!thread)
		return;
	e->time_ns = bpf_ktime_get_ns();
	e->error = error;
	bpf_map_update_elem(&route_errors, &thread, e, BPF_ANY);
}

enum { RT_TABLE_LOCAL = 255 }; /* include/uapi/linux/rtnetlink.h */

SEC("tp_btf/fib_table_lookup")
int BPF_PROG(route4, __u32 table, const struct flowi4 *flow, const struct fib_nh_common *next_hop, int error)
{
	struct egw_route_error e = {};

	/* with policy routing every lookup begins in the local table and goes on to the next one */
	if (!error || (error == -EAGAIN && table == RT_TABLE_LOCAL))
		return 0;
	sock__map_v4(e.destination, flow->daddr);
	note_route_error(&e, error);
	return 0;
}

/* include/uapi/linux/ipv6_route.h, include/uapi/linux/rtnetlink.h */
#define RTF_REJECT 0x0200
enum { RTN_BLACKHOLE = 6, RTN_UNREACHABLE = 7, RTN_PROHIBIT = 8, RTN_THROW = 9 };

SEC("tp_btf/fib6_table_lookup")
int BPF_PROG(route6, const struct net *net, const struct fib6_result *result, struct fib6_table *table,
	     const struct flowi6 *flow)
{
	struct egw_route_error e = {};
	int error;

	if (!(result->fib6_flags & RTF_REJECT))
		return 0;
	/* "no route", which has the type of an unreachable one; every lookup begins in the local table and goes on */
	if (result->f6i == net->ipv6.fib6_null_entry) {
		if (table->tb6_id == RT_TABLE_LOCAL)
			return 0;
		error = -ENETUNREACH;
		goto out;
	}
	/* fib6_prop, net/ipv6/route.c */
	switch (result->fib6_type) {
	case RTN_BLACKHOLE:
		error = -EINVAL;
		break;
	case RTN_PROHIBIT:
		error = -EACCES;
		break;
	case RTN_THROW:
		error = -EAGAIN;
		break;
	default:
		error = -EHOSTUNREACH;
		break;
	}
out:
	sock__copy_v6(e.destination, &flow->daddr);
	note_route_error(&e, error);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_EMIT_BPF_H
#define EGRESSWATCH_EMIT_BPF_H

#include "output.bpf.h"

/*
 * The counters are per processor, yet added to atomically: a program in process context can be interrupted, between
 * reading and writing one, by another of ours in softirq.
 */
static __always_inline void emit__lost(__u32 reason)
{
	__u32 zero = 0;
	struct egw_totals *t = bpf_map_lookup_elem(&totals, &zero);

	if (t && reason < EGW_LOST_REASON_END)
		__sync_fetch_and_add(&t->lost[reason], 1);
}

static __always_inline void emit__produced(__u32 type)
{
	__u32 zero = 0;
	struct egw_totals *t = bpf_map_lookup_elem(&totals, &zero);

	if (t && type < EGW_RECORD_TYPE_END)
		__sync_fetch_and_add(&t->produced[type], 1);
}

/*
 * A place in the ring for a record of constant size, with the header filled; null, and counted, if the ring is full.
 * Every produced record is counted here too, so that produced = consumed + lost can be checked.
 */
static __always_inline void *emit__reserve(__u32 type, const __u64 size)
{
	struct egw_header *h;

	emit__produced(type);
	h = bpf_ringbuf_reserve(&events, size, 0);
	if (!h) {
		emit__lost(EGW_LOST_RING_FULL);
		return NULL;
	}
	h->type = type;
	h->size = size;
	h->time_ns = bpf_ktime_get_ns();
	return h;
}

/* Not more often than this does a nearly full ring wake the daemon. */
#define FULL_WAKEUP_INTERVAL_NS 2000000

/*
 * Wake-ups decide the cost of the monitor: one per record halves a host's connection rate. So a record wakes the daemon
 * only if the daemon said that it sleeps, or if the ring fills faster than the daemon's timer drains it.
 */
static __always_inline __u64 emit__wakeup(__u64 now_ns)
{
	if (wakeup.consumer_asleep) {
		wakeup.consumer_asleep = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > ring_wakeup_bytes &&
	    now_ns - wakeup.last_full_ns > FULL_WAKEUP_INTERVAL_NS) {
		wakeup.last_full_ns = now_ns;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

static __always_inline void emit__submit(void *record)
{
	struct egw_header *h = record;

	bpf_ringbuf_submit(record, emit__wakeup(h->time_ns));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_OUTPUT_BPF_H
#define EGRESSWATCH_OUTPUT_BPF_H

/*
 * The way to the daemon. Every object has these, and all of them the same: the daemon gives an extra object the maps of
 * the core object before it loads it.
 */

#include "lib/kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "egresswatch/abi/maps.h"
#include "egresswatch/abi/records.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct egw_totals);
} totals SEC(".maps") __weak;

/* In a section, and so a map, of its own: what else is in .bss differs from object to object. */
volatile struct egw_wakeup wakeup SEC(".data.wakeup") __weak = {};

/* Set before the load; volatile keeps clang from folding the default in. */
__weak const volatile __u64 ring_wakeup_bytes = 1 << 18;

#endif

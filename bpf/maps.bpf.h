/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_MAPS_BPF_H
#define EGRESSWATCH_MAPS_BPF_H

/*
 * All maps and globals. Each object file holds them weakly and `bpftool gen object` keeps one of each. Sizes given here
 * are defaults: the daemon sets its own before the load.
 */

#include "lib/kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "egresswatch/abi/maps.h"
#include "egresswatch/abi/records.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps") __weak;

/* Outbound TCP sockets between connect() and CLOSE, by socket id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct egw_socket_state);
} sockets SEC(".maps") __weak;

/* Who opened a datagram socket, by socket cookie. Losing an entry loses a name, not an event, so the LRU may. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct egw_process);
} datagram_owners SEC(".maps") __weak;

/* Datagrams sent since the daemon last swept the table. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct egw_udp_flow_key);
	__type(value, struct egw_udp_flow);
} udp_flows SEC(".maps") __weak;

/* Last failed route lookup of a thread, by pid_tgid. Read when its connect() turns out to have failed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct egw_route_error);
} route_errors SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct egw_totals);
} totals SEC(".maps") __weak;

/*
 * The wake-up handshake (lib/emit.bpf.h). Written by both sides through the mmap of .bss: the daemon sets it to 1 before
 * it goes to sleep, the first record after that sets it to 0 and wakes the daemon.
 */
__weak volatile __u32 consumer_asleep = 0;
/* When a nearly full ring last woke the daemon. */
__weak volatile __u64 last_full_wakeup_ns = 0;

/* Set before the load; volatile keeps clang from folding the default in. */
__weak const volatile __u64 ring_wakeup_bytes = 1 << 18;
/* Nanoseconds of a tick of the kernel (1/HZ). */
__weak const volatile __u64 tick_ns = 4000000;
/* Drop reasons that are no decision of this host, by number: the daemon knows them by name. */
#define DROP_REASONS 256
__weak const volatile __u8 drop_ignored[DROP_REASONS] = {};

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_MAPS_BPF_H
#define EGRESSWATCH_MAPS_BPF_H

/*
 * All maps and globals of the core object; those that every object has are in output.bpf.h. Each object file holds them
 * weakly and `bpftool gen object` keeps one of each. Sizes given here are defaults: the daemon sets its own before the
 * load.
 */

#include "lib/kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "egresswatch/abi/maps.h"
#include "egresswatch/abi/records.h"
#include "output.bpf.h"

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

/* Nanoseconds of a tick of the kernel (1/HZ). */
__weak const volatile __u64 tick_ns = 4000000;
/* Drop reasons that are no decision of this host, by number: the daemon knows them by name. */
#define DROP_REASONS 256
__weak const volatile __u8 drop_ignored[DROP_REASONS] = {};

#endif

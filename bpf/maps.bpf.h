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

/*
 * Who sends by a socket that is not of TCP. Kept with the socket, so it ends with it and nobody can push it out; the kernel
 * bounds it by the number of sockets and charges each for its own.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct egw_sender);
} senders SEC(".maps") __weak;

/* Packets sent since the daemon last swept the table. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct egw_flow_key);
	__type(value, struct egw_flow);
} flows SEC(".maps") __weak;

/* Of these as many may come from one socket within FLOW_WINDOW_NS: one that scans must not take the places of others. */
__weak const volatile __u32 flows_of_one_socket = 4096;

/* Since the daemon last looked, which it does after a loss. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct egw_lost_attempt_key);
	__type(value, struct egw_flow);
} lost_attempts SEC(".maps") __weak;

/* Last failed route lookup of a thread, by pid_tgid. Read when its connect() turns out to have failed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct egw_route_error);
} route_errors SEC(".maps") __weak;

/* Of the programs of this object: set before the load. */
__weak const volatile __u32 generation = 0;
/* Nanoseconds of a tick of the kernel (1/HZ). */
__weak const volatile __u64 tick_ns = 4000000;
/* Drop reasons that are no decision of this host, by number: the daemon knows them by name. */
#define DROP_REASONS 256
__weak const volatile __u8 drop_ignored[DROP_REASONS] = {};

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_FLOW_BPF_H
#define EGRESSWATCH_FLOW_BPF_H

#include "lib/emit.bpf.h"
#include "lib/packet.bpf.h"
#include "maps.bpf.h"

/*
 * What leaves this host other than by TCP sockets, summed by socket, destination and protocol. A packet of a flow that is
 * known costs one look into the table.
 */

struct flow {
	struct bpf_sock *sk; /* a full one */
	const struct packet *packet;
	struct egw_sender *sender; /* null = none, or not looked up yet */
	__u32 process;             /* not 0: the flow is of this whole process */
	struct egw_tuple tuple;
};

/* At least as long as the daemon waits between two sweeps of the table. */
#define FLOW_WINDOW_NS 5000000000ull

#define ICMP_ECHO_REQUEST 8
#define ICMPV6_ECHO_REQUEST 128

static __always_inline int flow__add(const struct egw_flow_key *key, __u32 segments, __u32 bytes)
{
	struct egw_flow *flow = bpf_map_lookup_elem(&flows, key);

	if (!flow)
		return -1;
	__sync_fetch_and_add(&flow->packets, segments);
	__sync_fetch_and_add(&flow->bytes, bytes);
	return 0;
}

/*
 * Did a process ask for this? The kernel speaks through sockets of its own, which nobody opened: RST and acknowledgements
 * for no socket, errors and replies of ICMP, neighbour discovery, MLD, ABORT of SCTP. Of a process that opened its socket
 * before the daemon's start only what those never send is certain; SCTP sockets without a sender are accepted ones, too.
 */
static __always_inline int flow__is_of_process(struct __sk_buff *skb, const struct flow *f)
{
	const struct packet *p = f->packet;
	__u32 type = f->sk->type;
	__u32 protocol = f->sk->protocol;
	__u8 icmp_type;

	/* IPsec has wrapped what the socket sent; a socket of BPF_PROG_TEST_RUN has no protocol */
	if (type != SOCK_RAW && protocol && protocol != p->protocol)
		return 0;
	if (f->sender)
		return 1;
	if (p->protocol == IPPROTO_TCP)
		return 0;
	if (p->protocol == IPPROTO_SCTP)
		return protocol != IPPROTO_SCTP;
	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6)
		return !bpf_skb_load_bytes(skb, p->l4_offset, &icmp_type, sizeof(icmp_type)) &&
		       icmp_type == (p->protocol == IPPROTO_ICMP ? ICMP_ECHO_REQUEST : ICMPV6_ECHO_REQUEST);
	return 1;
}

/* May this socket have one more flow? Counted without a lock: two processors may let one too many in. */
static __always_inline int flow__has_room(struct egw_sender *sender)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - sender->window_ns > FLOW_WINDOW_NS) {
		sender->window_ns = now;
		sender->destinations = 0;
	}
	if (sender->destinations >= flows_of_one_socket)
		return 0;
	sender->destinations++;
	return 1;
}

static __always_inline void flow__tell(const struct egw_flow *flow, __u32 segments, __u32 bytes)
{
	struct egw_flow *r = emit__reserve(EGW_FLOW, sizeof(*r));
	struct egw_header header;

	if (!r)
		return;
	header = r->header;
	*r = *flow;
	r->header = header;
	r->packets = segments;
	r->bytes = bytes;
	r->first = 1;
	emit__submit(r);
}

/* The first packet is told at once; what follows is summed until the daemon sweeps the table. */
static __always_inline void flow__begin(struct __sk_buff *skb, struct flow *f, const struct egw_flow_key *key,
					__u32 segments, __u32 bytes)
{
	struct egw_flow fresh = {};

	if (!f->sender)
		f->sender = bpf_sk_storage_get(&senders, f->sk, NULL, 0);
	if (!flow__is_of_process(skb, f))
		return;
	if (!f->sender)
		f->sender = bpf_sk_storage_get(&senders, f->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!f->sender || !flow__has_room(f->sender)) {
		emit__lost(EGW_LOST_FLOW_TABLE_FULL);
		return;
	}
	fresh.socket = bpf_get_socket_cookie(skb);
	fresh.raw = key->raw;
	fresh.protocol = key->protocol;
	fresh.tuple = f->tuple;
	if (f->sender->process.pid)
		fresh.process = f->sender->process;
	else
		fresh.process.cgroup_id = bpf_skb_cgroup_id(skb);
	if (!bpf_map_update_elem(&flows, key, &fresh, BPF_NOEXIST))
		flow__tell(&fresh, segments, bytes);
	/* another thread sent through the same socket at the same time, or the table is full */
	else if (flow__add(key, segments, bytes))
		emit__lost(EGW_LOST_FLOW_TABLE_FULL);
}

static __always_inline void flow__count(struct __sk_buff *skb, struct flow *f)
{
	struct egw_flow_key key = {};
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;
	__u32 headers = f->packet->l4_offset;
	__u32 bytes;

	if (f->packet->protocol == IPPROTO_UDP)
		headers += UDP_HEADER_LENGTH;
	bytes = skb->len > headers ? skb->len - headers : 0;
	key.socket = f->process ? EGW_FLOW_OF_PROCESS | f->process : bpf_get_socket_cookie(skb);
	__builtin_memcpy(key.remote, f->tuple.remote, 16);
	key.remote_port = f->tuple.remote_port;
	key.protocol = f->packet->protocol;
	key.raw = f->sk->type == SOCK_RAW;
	if (flow__add(&key, segments, bytes))
		flow__begin(skb, f, &key, segments, bytes);
}

#endif

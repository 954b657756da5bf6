// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include "lib/emit.bpf.h"
#include "lib/first_payload.bpf.h"
#include "lib/flow.bpf.h"
#include "lib/packet.bpf.h"
#include "maps.bpf.h"

/*
 * Why these hooks: only cgroup_skb sees payload together with the socket, on every kernel, with no parsing of link
 * layers. They run for every packet of every socket, so the first thing they do is to leave: a TCP segment without
 * payload costs a look at its headers where they lie, one with payload that is not DNS two fields of the socket more.
 */

#define DNS_PORT 53

struct dns_packet {
	struct packet packet;
	struct ports ports;
	struct bpf_sock *connected; /* null for a socket that has no peer of its own */
	struct egw_sender *sender;  /* of UDP; null if the socket is older than the daemon */
	__u32 payload_offset;
	__u32 tcp_seq;
	int ingress;
};

static __always_inline void fill_owner(struct __sk_buff *skb, struct egw_sender *sender, struct egw_dns *r)
{
	__u64 id = r->socket;

	if (r->protocol == IPPROTO_UDP) {
		if (sender && sender->process.pid) {
			r->process = sender->process;
			return;
		}
	} else {
		struct egw_socket_state *state = bpf_map_lookup_elem(&sockets, &id);

		if (state) {
			r->process = state->process;
			return;
		}
	}
	__builtin_memset(&r->process, 0, sizeof(r->process));
	r->process.cgroup_id = bpf_skb_cgroup_id(skb);
}

/*
 * Of a connected socket, what the socket says: address translation on this host (Docker's resolver, a service address of
 * Kubernetes, masquerading) has changed the packet on its way out and not yet, or no longer, on its way in.
 */
static __always_inline int dns_tuple(struct __sk_buff *skb, const struct dns_packet *d, struct egw_tuple *t)
{
	struct bpf_sock *sk = d->connected;

	if (packet__tuple(skb, &d->packet, &d->ports, d->ingress, t))
		return -1;
	if (!sk)
		return 0;
	t->local_port = sk->src_port;
	t->remote_port = bpf_ntohs(sk->dst_port);
	if (sk->family == AF_INET) {
		sock__map_v4(t->local, sk->src_ip4);
		sock__map_v4(t->remote, sk->dst_ip4);
	} else {
		for (int i = 0; i < 4; i++) {
			*(__u32 *)&t->local[4 * i] = sk->src_ip6[i];
			*(__u32 *)&t->remote[4 * i] = sk->dst_ip6[i];
		}
	}
	return 0;
}

/* Copies the payload behind the record; `room` is a constant. */
static __always_inline void emit_dns_of(struct __sk_buff *skb, const struct dns_packet *d, __u32 length,
					const __u32 room)
{
	struct egw_dns *r = emit__reserve(EGW_DNS, sizeof(*r) + room);
	__u32 copied = length < room ? length : room;
	__u32 last = copied - 1;

	if (!r)
		return;
	r->socket = bpf_get_socket_cookie(skb);
	r->protocol = d->packet.protocol;
	r->direction = d->ingress ? EGW_INGRESS : EGW_EGRESS;
	r->tcp_seq = d->tcp_seq;
	r->original_length = length;
	r->payload_length = copied;
	r->pad[0] = 0;
	r->pad[1] = 0;
	fill_owner(skb, d->sender, r);
	/*
	 * Verifiers before 6.8 take no lower bound from a comparison with 0, and clang moves bounds about: so one check of
	 * the length less one, opaque to clang, right before the call.
	 */
	asm volatile("" : "+r"(last));
	if (last >= room || dns_tuple(skb, d, &r->tuple) ||
	    bpf_skb_load_bytes(skb, d->payload_offset, r + 1, last + 1)) {
		emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
		bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return;
	}
	if (copied < length)
		emit__lost(EGW_LOST_PAYLOAD_TRUNCATED);
	emit__submit(r);
}

static __always_inline void emit_dns(struct __sk_buff *skb, const struct dns_packet *d)
{
	__u32 length;

	/* a bare ACK, or a header that claims more than the packet has */
	if (d->payload_offset >= skb->len)
		return;
	length = skb->len - d->payload_offset;
	if (length <= EGW_DNS_PAYLOAD_SMALL)
		emit_dns_of(skb, d, length, EGW_DNS_PAYLOAD_SMALL);
	else
		emit_dns_of(skb, d, length, EGW_DNS_PAYLOAD_MAX);
}

static __always_inline void on_tcp(struct __sk_buff *skb, const struct packet *p, int ingress)
{
	__u8 copy[14]; /* up to data offset and flags; only if they are not in the packet's linear part */
	__u8 *header = (__u8 *)(long)skb->data + p->l4_offset;
	struct segment segment;
	struct bpf_tcp_sock *tp;
	struct bpf_sock *sk = skb->sk;
	__u32 payload_offset;
	__be16 remote_port;

	if (header + sizeof(copy) > (__u8 *)(long)skb->data_end) {
		if (bpf_skb_load_bytes(skb, p->l4_offset, copy, sizeof(copy)))
			return;
		header = copy;
	}
	payload_offset = p->l4_offset + (header[12] >> 4) * 4;
	/* half of all segments: nothing but an acknowledgement, a SYN or a FIN */
	if (payload_offset >= skb->len)
		return;
	remote_port = *(__be16 *)&header[ingress ? 0 : 2];
	if (remote_port == bpf_htons(DNS_PORT)) {
		struct dns_packet d = { .packet = *p, .ingress = ingress, .payload_offset = payload_offset };

		d.ports.source = *(__be16 *)&header[0];
		d.ports.destination = *(__be16 *)&header[2];
		d.tcp_seq = bpf_ntohl(*(__be32 *)&header[4]) + ((header[13] >> 1) & 1); /* a SYN takes one number */
		emit_dns(skb, &d);
	}
	if (!sk)
		return;
	tp = bpf_tcp_sock(sk);
	if (!tp)
		return;
	segment.payload_offset = payload_offset;
	segment.length = skb->len - payload_offset;
	segment.syn = (header[13] >> 1) & 1;
	segment.seq = bpf_ntohl(*(__be32 *)&header[4]) + segment.syn;
	segment.dns = remote_port == bpf_htons(DNS_PORT);
	if (ingress)
		watch_received(skb, tp, &segment);
	else
		watch_sent(skb, tp, &segment);
}

/* A question is a flow of the process: stub resolvers open a socket for each, and one record tells of the resolver. */
static __always_inline void count_question(struct __sk_buff *skb, struct bpf_sock *sk, const struct dns_packet *d)
{
	struct flow f = { .sk = sk, .packet = &d->packet, .sender = d->sender };

	if (dns_tuple(skb, d, &f.tuple)) {
		emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
		return;
	}
	if (f.sender)
		f.process = f.sender->process.pid;
	flow__count(skb, &f);
}

static __always_inline void count_packet(struct __sk_buff *skb, struct bpf_sock *sk, const struct packet *p,
					 const struct ports *ports)
{
	struct flow f = { .sk = sk, .packet = p };

	if (packet__tuple(skb, p, ports, 0, &f.tuple)) {
		emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
		return;
	}
	flow__count(skb, &f);
}

static __always_inline void on_udp(struct __sk_buff *skb, const struct packet *p, int ingress)
{
	struct dns_packet d = { .packet = *p, .ingress = ingress };
	struct bpf_sock *sk = skb->sk;
	int from_server;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	/* only a raw socket sends less than that; told without ports */
	if (bpf_skb_load_bytes(skb, p->l4_offset, &d.ports, sizeof(d.ports))) {
		if (!ingress && sk)
			count_packet(skb, sk, p, &d.ports);
		return;
	}
	d.payload_offset = p->l4_offset + UDP_HEADER_LENGTH;
	if (sk && sk->dst_port)
		d.connected = sk;
	/* what a name server of this host answers is inbound */
	from_server = !ingress && d.ports.source == bpf_htons(DNS_PORT);
	if ((ingress ? d.ports.source : d.ports.destination) == bpf_htons(DNS_PORT) ||
	    (d.connected && sk->dst_port == bpf_htons(DNS_PORT))) {
		if (sk)
			d.sender = bpf_sk_storage_get(&senders, sk, NULL, 0);
		emit_dns(skb, &d);
		if (!ingress && sk && !from_server)
			count_question(skb, sk, &d);
	} else if (!ingress && sk && !from_server) {
		count_packet(skb, sk, p, &d.ports);
	}
}

static __always_inline void on_other_out(struct __sk_buff *skb, struct bpf_sock *sk, const struct packet *p)
{
	struct ports ports = {};

	/* its header begins like that of UDP; RFC 9260 3.1 */
	if (p->protocol == IPPROTO_SCTP && bpf_skb_load_bytes(skb, p->l4_offset, &ports, sizeof(ports)))
		ports.source = ports.destination = 0;
	count_packet(skb, sk, p, &ports);
}

/* The raw socket that sends this, else null. Its port is its protocol, 1 to 255: that spares most of TCP all but a look. */
static __always_inline struct bpf_sock *raw_sender(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk || sk->src_port - 1 > 254)
		return NULL;
	sk = bpf_sk_fullsock(sk);
	return sk && sk->type == SOCK_RAW ? sk : NULL;
}

static __always_inline void on_packet_out(struct __sk_buff *skb)
{
	struct packet p = {};
	struct bpf_sock *sk;

	if (packet__find_l4(skb, &p))
		return;
	if (p.protocol == IPPROTO_UDP) {
		on_udp(skb, &p, 0);
		return;
	}
	if (p.protocol == IPPROTO_TCP) {
		sk = raw_sender(skb);
		if (!sk) {
			on_tcp(skb, &p, 0);
			return;
		}
	} else {
		sk = skb->sk;
		if (sk)
			sk = bpf_sk_fullsock(sk);
	}
	if (sk)
		on_other_out(skb, sk, &p);
}

static __always_inline void on_packet_in(struct __sk_buff *skb)
{
	struct packet p = {};

	if (packet__find_l4(skb, &p))
		return;
	if (p.protocol == IPPROTO_TCP)
		on_tcp(skb, &p, 1);
	else if (p.protocol == IPPROTO_UDP)
		on_udp(skb, &p, 1);
}

/* These programs only watch: 1 lets the packet pass. */
#define PASS 1

SEC("cgroup_skb/egress")
int packet_out(struct __sk_buff *skb)
{
	on_packet_out(skb);
	return PASS;
}

SEC("cgroup_skb/ingress")
int packet_in(struct __sk_buff *skb)
{
	on_packet_in(skb);
	return PASS;
}

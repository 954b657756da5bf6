/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_PACKET_BPF_H
#define EGRESSWATCH_PACKET_BPF_H

#include "lib/sock.bpf.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Header layouts of RFC 791, 8200, 768 and 9293; wire order, not subject to CO-RE. */
struct ipv4_header {
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

struct ipv6_header {
	__u8 version_class_flow[4];
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
};

struct ports {
	__be16 source;
	__be16 destination;
};

#define UDP_HEADER_LENGTH 8
#define IPV4_FRAGMENT_OFFSET 0x1fff
/* Extension headers in front of TCP or UDP that are stepped over; a packet with more is left alone. */
#define IPV6_MAX_EXTENSIONS 4

struct packet {
	__u32 l4_offset;
	__u8 protocol;
	__u8 ip_version;
};

/*
 * Finds the transport header. 0 if there is one of TCP or UDP; otherwise the packet is none of ours. A cgroup_skb
 * program sees whole datagrams (reassembled on the way in, not yet fragmented on the way out).
 */
static __always_inline int packet__find_l4(struct __sk_buff *skb, struct packet *p)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct ipv4_header *ip = data;

		if ((void *)(ip + 1) > end || ip->fragment & bpf_htons(IPV4_FRAGMENT_OFFSET))
			return -1;
		p->ip_version = 4;
		p->protocol = ip->protocol;
		p->l4_offset = (ip->version_ihl & 0xf) * 4;
		return p->l4_offset < sizeof(*ip) ? -1 : 0;
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6_header *ip = data;
		__u8 extension[2]; /* next header, length in units of 8 bytes behind the first 8 */

		if ((void *)(ip + 1) > end)
			return -1;
		p->ip_version = 6;
		p->protocol = ip->next_header;
		p->l4_offset = sizeof(*ip);
#pragma unroll
		for (int i = 0; i < IPV6_MAX_EXTENSIONS; i++) {
			if (p->protocol != IPPROTO_HOPOPTS && p->protocol != IPPROTO_ROUTING &&
			    p->protocol != IPPROTO_DSTOPTS)
				break;
			if (bpf_skb_load_bytes(skb, p->l4_offset, extension, sizeof(extension)))
				return -1;
			p->protocol = extension[0];
			p->l4_offset += 8 + extension[1] * 8;
		}
		return 0;
	}
	return -1;
}

/* Local and remote as the socket has them: for an incoming packet the destination is local. */
static __always_inline int packet__tuple(struct __sk_buff *skb, const struct packet *p, const struct ports *ports,
					 int ingress, struct egw_tuple *t)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	__u8 *source = ingress ? t->remote : t->local;
	__u8 *destination = ingress ? t->local : t->remote;

	t->pad = 0;
	t->local_port = bpf_ntohs(ingress ? ports->destination : ports->source);
	t->remote_port = bpf_ntohs(ingress ? ports->source : ports->destination);
	if (p->ip_version == 4) {
		struct ipv4_header *ip = data;

		if ((void *)(ip + 1) > end)
			return -1;
		t->family = AF_INET;
		sock__map_v4(source, ip->source);
		sock__map_v4(destination, ip->destination);
	} else {
		struct ipv6_header *ip = data;

		if ((void *)(ip + 1) > end)
			return -1;
		t->family = AF_INET6;
		__builtin_memcpy(source, ip->source, 16);
		__builtin_memcpy(destination, ip->destination, 16);
	}
	return 0;
}

#endif

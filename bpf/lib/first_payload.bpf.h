/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_FIRST_PAYLOAD_BPF_H
#define EGRESSWATCH_FIRST_PAYLOAD_BPF_H

#include "lib/emit.bpf.h"
#include "lib/socket_state.bpf.h"

/*
 * What a client sends first and how the answer begins. Everything later leaves at the first comparison, without a look into
 * the table.
 */

/* A segment with payload, of a socket that may be followed. */
struct segment {
	__u32 payload_offset; /* in the packet */
	__u32 length;         /* of the payload */
	__u32 seq;            /* of the first byte of payload */
	int syn;              /* 1 = it is a SYN, too (TCP Fast Open) */
	int dns;
};

/* Copies `wanted` bytes of `length` behind the record; `room` is a constant. */
static __always_inline void emit_payload_of(struct __sk_buff *skb, __u64 id, __u32 at, __u32 offset, __u32 wanted,
					    __u32 length, const __u32 room)
{
	struct egw_tcp_payload *r = emit__reserve(EGW_TCP_PAYLOAD, sizeof(*r) + room);
	__u32 last = wanted - 1;

	if (!r)
		return;
	r->socket = id;
	r->offset = offset;
	r->payload_length = wanted;
	r->original_length = length;
	r->pad = 0;
	/* opaque to clang, which would move the bound: see emit_dns_of in packet.bpf.c */
	asm volatile("" : "+r"(last));
	if (last >= room || bpf_skb_load_bytes(skb, at, r + 1, last + 1)) {
		emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
		bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return;
	}
	emit__submit(r);
}

/*
 * The new bytes of a segment, behind those that were told before. Of TLS as many as a ClientHello has; what is cut there
 * is none of it, so it is no loss. After a gap, when this host dropped a segment before it came here, what follows is left
 * until the gap is closed.
 */
static __always_inline void tell_payload(struct __sk_buff *skb, __u64 id, struct egw_socket_state *state,
					 const struct segment *s)
{
	__u32 captured = state->captured_bytes;
	__u32 offset = s->seq - state->first_seq;
	__u32 skip = captured - offset;
	__u32 length = s->length - skip;
	__u32 room = EGW_PAYLOAD_MAX - captured;
	__u32 wanted;

	if (captured >= EGW_PAYLOAD_MAX || state->captured_segments >= EGW_PAYLOAD_SEGMENTS)
		return;
	if ((state->flags & EGW_STATE_SENT_HTTP) && state->captured_segments)
		return;
	/* a gap, or nothing new; unsigned: a gap makes `skip` huge */
	if (skip >= s->length)
		return;
	wanted = length < room ? length : room;
	state->captured_bytes = captured + wanted;
	state->captured_segments++;
	if (wanted <= EGW_PAYLOAD_SMALL)
		emit_payload_of(skb, id, s->payload_offset + skip, captured, wanted, length, EGW_PAYLOAD_SMALL);
	else
		emit_payload_of(skb, id, s->payload_offset + skip, captured, wanted, length, EGW_PAYLOAD_MAX);
}

/*
 * What is remembered of the packet's socket. bpf_get_socket_cookie() would make a cookie for each socket that is accepted
 * here, and a look into the table for each of its events from then on; so the one that is there is read.
 */
static __always_inline struct egw_socket_state *state_of(struct __sk_buff *skb, __u64 *id)
{
	struct bpf_sock *sk = skb->sk;
	struct tcp_sock *tp;

	if (!sk)
		return NULL;
	tp = bpf_skc_to_tcp_sock(sk);
	return tp ? socket_state__find((struct sock *)tp, id) : NULL;
}

#define LETTER(c) (1u << ((c) - 'A'))

/* What the first byte that a client sends says about the protocol. */
static __always_inline __u32 kind_of(__u8 byte)
{
	/* the first letters of CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE */
	const __u32 methods =
		LETTER('C') | LETTER('D') | LETTER('G') | LETTER('H') | LETTER('O') | LETTER('P') | LETTER('T');

	if (byte == 0x16)
		return EGW_STATE_SENT_TLS;
	if (byte >= 'A' && byte <= 'Z' && methods >> (byte - 'A') & 1)
		return EGW_STATE_SENT_HTTP;
	return 0;
}

#define SENT_KNOWN (EGW_STATE_SENT_TLS | EGW_STATE_SENT_HTTP)

/*
 * The first segments that a client sends before anything was received: an answer starts no clock, and most sockets of a
 * server are spared the look into the table. The kernel counts an outgoing segment before it gets here.
 */
static __always_inline void watch_sent(struct __sk_buff *skb, struct bpf_tcp_sock *tp, const struct segment *s)
{
	struct egw_socket_state *state;
	__u32 segments;
	__u8 byte;
	__u64 id;

	if (tp->data_segs_in)
		return;
	segments = skb->gso_segs ? skb->gso_segs : 1;
	if (tp->data_segs_out > EGW_PAYLOAD_SEGMENTS && tp->data_segs_out != segments)
		return;
	state = state_of(skb, &id);
	if (!state)
		return;
	if (!state->first_sent_ns) {
		/*
		 * Not the first that was sent, but the first seen: a local rule dropped it before, and this is the
		 * first byte again. Of a socket from before the daemon's start nobody knows.
		 */
		if (tp->data_segs_out != segments &&
		    (s->seq - s->syn != tp->snd_una || (state->flags & EGW_STATE_EXISTED_AT_START)))
			return;
		state->first_sent_ns = bpf_ktime_get_ns();
		state->first_seq = s->seq;
		if (!s->dns && !bpf_skb_load_bytes(skb, s->payload_offset, &byte, sizeof(byte)))
			state->flags |= kind_of(byte);
	}
	if (state->flags & SENT_KNOWN)
		tell_payload(skb, id, state, s);
}

/* The first segment with payload that arrives: how long that took, and how it begins. It is counted after this. */
static __always_inline void watch_received(struct __sk_buff *skb, struct bpf_tcp_sock *tp, const struct segment *s)
{
	struct egw_socket_state *state;
	struct egw_tcp_first_byte *r;
	__u32 last;
	__u64 id;

	if (tp->data_segs_in)
		return;
	state = state_of(skb, &id);
	if (!state || (state->flags & EGW_STATE_FIRST_BYTE_SEEN))
		return;
	state->flags |= EGW_STATE_FIRST_BYTE_SEEN;
	state->first_received_ns = bpf_ktime_get_ns();
	r = emit__reserve(EGW_TCP_FIRST_BYTE, sizeof(*r));
	if (!r)
		return;
	r->header.time_ns = state->first_received_ns;
	r->socket = id;
	r->sent_ns = state->first_sent_ns;
	r->length = s->length;
	r->head_length = 0;
	__builtin_memset(r->head, 0, sizeof(r->head));
	if (state->flags & SENT_KNOWN) {
		last = (s->length < sizeof(r->head) ? s->length : sizeof(r->head)) - 1;
		asm volatile("" : "+r"(last));
		if (last < sizeof(r->head) && !bpf_skb_load_bytes(skb, s->payload_offset, r->head, last + 1))
			r->head_length = last + 1;
		else
			emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
	}
	emit__submit(r);
}

#endif

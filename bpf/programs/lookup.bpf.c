// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/kernel_types.h"

#include <linux/ptrace.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/emit.bpf.h"
#include "lib/host_text.bpf.h"
#include "lib/task.bpf.h"

/*
 * Why these hooks: where a process gets its answer from another one (nscd, systemd-resolved over varlink) or from a
 * file, no packet of its own says what it asked for; the C library knows. The programs are an object of their own
 * because they read user memory: see README.md.
 *
 * The daemon may attach them twice to one library that it sees under two paths (overlayfs): the entry then notes the
 * same call again, and the first of the returns takes the note away.
 */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Arguments of a call that has not returned. */
struct lookup_call {
	const char *node;
	void *result; /* struct addrinfo ** */
};

/* By pid_tgid. A thread that is killed in its call leaves an entry behind, hence LRU. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct lookup_call);
} lookup_calls SEC(".maps");

/* struct addrinfo of 64-bit Linux (netdb.h). */
struct user_addrinfo {
	__s32 flags;
	__s32 family;
	__s32 socktype;
	__s32 protocol;
	__u32 addrlen;
	__u32 pad;
	const void *addr;
	const char *canonname;
	const struct user_addrinfo *next;
};

/* The list has every address once per type of socket (stream, datagram, raw), one right behind the other. */
#define MAX_LIST_ENTRIES (3 * EGW_LOOKUP_ADDRESSES)

enum { SOCKADDR_IN_ADDR = 4, SOCKADDR_IN6_ADDR = 8 }; /* linux/in.h, linux/in6.h */

SEC("uprobe")
int BPF_KPROBE(getaddrinfo_enter, const char *node, const char *service, const void *hints, void *result)
{
	struct lookup_call call = { .node = node, .result = result };
	__u64 thread = bpf_get_current_pid_tgid();

	if (node && result)
		bpf_map_update_elem(&lookup_calls, &thread, &call, BPF_ANY);
	else /* of a call that never returned (longjmp) */
		bpf_map_delete_elem(&lookup_calls, &thread);
	return 0;
}

/* The address of an entry, IPv4 mapped; negative if it is of another family or cannot be read. */
static __always_inline int read_address(const struct user_addrinfo *info, __u64 address[2])
{
	if (info->family == AF_INET) {
		__u32 words[2] = { bpf_htonl(0xffff) };
		long error = bpf_probe_read_user(&words[1], sizeof(words[1]), info->addr + SOCKADDR_IN_ADDR);

		address[0] = 0;
		__builtin_memcpy(&address[1], words, sizeof(words));
		return error;
	}
	if (info->family == AF_INET6)
		return bpf_probe_read_user(address, 16, info->addr + SOCKADDR_IN6_ADDR);
	return -1;
}

/* The address that was filled in last is this one. */
static __always_inline int is_last(const struct egw_name_lookup *r, const __u64 address[2])
{
	__u64 last = (__u64)r->address_count - 1;
	const __u64 *words;

	/* opaque to clang, so that what is checked is what is used */
	asm volatile("" : "+r"(last));
	if (last >= EGW_LOOKUP_ADDRESSES)
		return 0;
	words = (const __u64 *)r->addresses[last];
	return address[0] == words[0] && address[1] == words[1];
}

/*
 * Fills in each address once; 1 if there were more than the record holds. Written for the verifier: in a loop it forgets
 * states and follows every combination of branches, and of what is read from the record it knows no values to tell apart.
 */
static __always_inline int read_list(struct egw_name_lookup *r, const struct user_addrinfo *entry)
{
#pragma unroll
	for (int i = 0; i < MAX_LIST_ENTRIES; i++) {
		struct user_addrinfo info;
		__u64 address[2];
		__u64 next;

		if (!entry || bpf_probe_read_user(&info, sizeof(info), entry))
			break;
		entry = info.next;
		if (read_address(&info, address) || is_last(r, address))
			continue;
		next = r->address_count;
		asm volatile("" : "+r"(next));
		if (next >= EGW_LOOKUP_ADDRESSES)
			return 1;
		__builtin_memcpy(r->addresses[next], address, sizeof(address));
		r->address_count = next + 1;
	}
	return entry != NULL;
}

static __always_inline void emit_lookup(const struct lookup_call *call)
{
	const struct user_addrinfo *first = NULL;
	struct egw_name_lookup *r;
	int more;
	long size;

	r = emit__reserve(EGW_NAME_LOOKUP, sizeof(*r));
	if (!r)
		return;
	task__fill(&r->process);
	r->address_count = 0;
	__builtin_memset(r->addresses, 0, sizeof(r->addresses));
	__builtin_memset(r->name, 0, sizeof(r->name));
	size = bpf_probe_read_user_str(r->name, sizeof(r->name), call->node);
	r->name_length = size > 0 ? size - 1 : 0;
	bpf_probe_read_user(&first, sizeof(first), call->result);
	more = read_list(r, first);
	if (!r->name_length || !r->address_count) {
		emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
		bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return;
	}
	if (more)
		emit__lost(EGW_LOST_PAYLOAD_TRUNCATED);
	emit__submit(r);
}

/*
 * The name is read now and not at the entry: by now the library has touched it, while before that a literal of the
 * program may not be in memory yet, and these programs cannot wait for it.
 */
SEC("uretprobe")
int BPF_KRETPROBE(getaddrinfo_return, int error)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct lookup_call *noted = bpf_map_lookup_elem(&lookup_calls, &thread);
	struct lookup_call call;
	int name;

	if (!noted)
		return 0;
	call = *noted;
	bpf_map_delete_elem(&lookup_calls, &thread);
	if (error)
		return 0;
	name = host_text__is_name(call.node);
	if (name < 0)
		emit__lost(EGW_LOST_PAYLOAD_UNREADABLE);
	if (name > 0)
		emit_lookup(&call);
	return 0;
}

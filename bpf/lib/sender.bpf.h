/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_SENDER_BPF_H
#define EGRESSWATCH_SENDER_BPF_H

#include "lib/task.bpf.h"
#include "maps.bpf.h"

/*
 * The current process is who sends by this socket, if nobody was before. For hooks in process context; `sk` is what they
 * call the socket. Negative if there is no memory for it.
 */
static __always_inline int sender__note(void *sk)
{
	struct egw_sender *sender = bpf_sk_storage_get(&senders, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!sender)
		return -1;
	if (!sender->process.pid)
		task__fill(&sender->process);
	return 0;
}

#endif

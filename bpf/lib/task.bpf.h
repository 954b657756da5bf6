/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_TASK_BPF_H
#define EGRESSWATCH_TASK_BPF_H

#include "lib/core_compat.bpf.h"

#include "egresswatch/abi/records.h"

/*
 * The current process. Call it only where the current task is the one that acts: in connect() and sendmsg(), never in a
 * program that can run in softirq. The name is the process's (its main thread's), not that of a worker thread, where the
 * kernel lets us follow the pointer.
 */
static __always_inline void task__fill(struct egw_process *p)
{
	struct task_struct *task = compat__current_task();

	p->pid = bpf_get_current_pid_tgid() >> 32;
	p->uid = (__u32)bpf_get_current_uid_gid();
	p->cgroup_id = bpf_get_current_cgroup_id();
	p->start_time_ns = 0;
	if (task) {
		struct task_struct *leader = task->group_leader;

		p->start_time_ns = leader->start_boottime;
#pragma unroll
		for (int i = 0; i < 16; i++)
			p->comm[i] = leader->comm[i];
	} else {
		bpf_get_current_comm(p->comm, sizeof(p->comm));
	}
}

#endif

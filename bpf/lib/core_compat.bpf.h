/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_CORE_COMPAT_BPF_H
#define EGRESSWATCH_CORE_COMPAT_BPF_H

/*
 * Every difference between kernels, each by existence and not by version. libbpf resolves the question when it loads the
 * object, and the verifier drops the branch that cannot run, with the helper call in it.
 */

#include "lib/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define HAS_HELPER(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)

/*
 * Set by the daemon before the load: the kernel has the function bpf_get_socket_ptr_cookie (c5dbb89fc2ac, 5.12), that is,
 * tracing programs may make a socket's cookie. The helper's number is older, so an enum value does not tell.
 */
__weak const volatile __u8 has_cookie_in_tracing = 0;

/*
 * bpf_get_current_task_btf(): 3ca1032ab7ab, 5.11. Null before; then the start time of a process is not known.
 */
static __always_inline struct task_struct *compat__current_task(void)
{
	if (HAS_HELPER(get_current_task_btf))
		return (struct task_struct *)bpf_get_current_task_btf();
	return NULL;
}

/*
 * bpf_get_retval(): b44123b4a3dc, 5.18. What the cgroup programs before this one decided; 0 = allowed or not known.
 */
static __always_inline int compat__verdict(void)
{
	if (HAS_HELPER(get_retval))
		return bpf_get_retval();
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_GENERATION_BPF_H
#define EGRESSWATCH_GENERATION_BPF_H

#include "maps.bpf.h"

/*
 * Programs that are pinned outlive the daemon that attached them, and the next daemon brings its own. A link of tp_btf cannot
 * be given another program, so for a moment both are attached: one store into shared memory then changes over from one to
 * the other, and nothing is seen twice or by neither. Links of cgroup hooks change their program in one step anyway.
 */
static __always_inline int generation__is_current(void)
{
	return wakeup.generation == generation;
}

#endif

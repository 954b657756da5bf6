/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EGRESSWATCH_HOST_TEXT_BPF_H
#define EGRESSWATCH_HOST_TEXT_BPF_H

#include "lib/kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "egresswatch/abi/records.h"

/* What a record holds of a name, with its NUL. */
#define HOST_TEXT_SIZE sizeof(((struct egw_name_lookup *)0)->name)

/*
 * Is this text a name, or an address as inet_aton(3) and inet_pton(3) take it? A table of what each character makes of
 * what stands before it: with branches instead, the verifier would follow every combination of them.
 */
enum text { TEXT_NAME, TEXT_LABEL_BEGIN, TEXT_ZERO, TEXT_DECIMAL, TEXT_HEX, TEXT_WITH_COLON, TEXT_STATES = 8 };
enum kind { KIND_OTHER, KIND_ZERO, KIND_DIGIT, KIND_HEX, KIND_X, KIND_DOT, KIND_COLON, KINDS = 8 };

static const __u8 kinds[256] = {
	['0'] = KIND_ZERO,        ['1' ... '9'] = KIND_DIGIT,
	['a' ... 'f'] = KIND_HEX, ['A' ... 'F'] = KIND_HEX,
	['x'] = KIND_X,           ['X'] = KIND_X,
	['.'] = KIND_DOT,         [':'] = KIND_COLON,
};

static const __u8 next_text[TEXT_STATES][KINDS] = {
	[TEXT_NAME] = { [KIND_COLON] = TEXT_WITH_COLON },
	[TEXT_LABEL_BEGIN] = { [KIND_ZERO] = TEXT_ZERO, [KIND_DIGIT] = TEXT_DECIMAL, [KIND_COLON] = TEXT_WITH_COLON },
	[TEXT_ZERO] = { [KIND_ZERO] = TEXT_DECIMAL,
			[KIND_DIGIT] = TEXT_DECIMAL,
			[KIND_X] = TEXT_HEX,
			[KIND_DOT] = TEXT_LABEL_BEGIN,
			[KIND_COLON] = TEXT_WITH_COLON },
	[TEXT_DECIMAL] = { [KIND_ZERO] = TEXT_DECIMAL,
			   [KIND_DIGIT] = TEXT_DECIMAL,
			   [KIND_DOT] = TEXT_LABEL_BEGIN,
			   [KIND_COLON] = TEXT_WITH_COLON },
	[TEXT_HEX] = { [KIND_ZERO] = TEXT_HEX,
		       [KIND_DIGIT] = TEXT_HEX,
		       [KIND_HEX] = TEXT_HEX,
		       [KIND_DOT] = TEXT_LABEL_BEGIN,
		       [KIND_COLON] = TEXT_WITH_COLON },
	[TEXT_WITH_COLON] = { TEXT_WITH_COLON, TEXT_WITH_COLON, TEXT_WITH_COLON, TEXT_WITH_COLON, TEXT_WITH_COLON,
			      TEXT_WITH_COLON, TEXT_WITH_COLON },
};

/* 1 for a name, 0 for an address or nothing, negative if it cannot be read. A function of its own for its stack. */
static __noinline int host_text__is_name(const char *node)
{
	__u8 text[HOST_TEXT_SIZE];
	__u32 state = TEXT_LABEL_BEGIN;
	long size = bpf_probe_read_user_str(text, sizeof(text), node);

	if (size <= 0)
		return -1;
	if (size == 1)
		return 0;
	for (__u32 i = 0; i < HOST_TEXT_SIZE && text[i]; i++)
		state = next_text[state & (TEXT_STATES - 1)][kinds[text[i]] & (KINDS - 1)];
	return state == TEXT_NAME || state == TEXT_LABEL_BEGIN;
}

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A core for an entry that has none: the same choice as agent/src/engine/policy.rs. */
#ifndef VSE_ASSIGN_H
#define VSE_ASSIGN_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"
#include "vse_maps.h"
#include "vse_parse.h"

/* Policies and reasons: codec's vse::code. */
#define VSE_POLICY_HASH 1
#define VSE_POLICY_CURRENT 2
#define VSE_REASON_LEAST_LOADED 3
#define VSE_REASON_LEAST_LOADED_NOT_OWN 4
#define VSE_REASON_ALL_HIGH 5
#define VSE_REASON_PRIORITY 6
#define VSE_REASON_REBALANCED 7
#define VSE_REASON_HASH 11
#define VSE_REASON_CURRENT 12

static __always_inline __u16 vse_vm_id(const struct vse_key *key)
{
	return key->words[4] >> 48;
}

static __always_inline __u32 vse_is_priority(const struct vse_key *key)
{
	return key->words[4] >> 24 & 0xff;
}

static __always_inline int vse_is_available(const struct vse_core *core)
{
	return core->flags & VSE_CORE_ONLINE && core->flags & VSE_CORE_ELIGIBLE;
}

struct vse_choice {
	__u32 own;             /* core of the VM that the frame is for */
	__u32 priority;        /* of the frame */
	__u32 core;            /* the best so far; VSE_CORE_NONE for none */
	__u64 rank;            /* of that core: the lower the better */
	__u32 nth;             /* policy hash: how many available cores are to be passed over */
	__u32 available;       /* how many there are */
};

#define VSE_RANK_PRIORITY (2ULL << 32)
#define VSE_RANK_VM (1ULL << 32)

/* Whether a core is the best so far, for bpf_loop(). */
static long vse_try_core(__u32 i, void *data)
{
	struct vse_choice *c = data;
	struct vse_core *core = bpf_map_lookup_elem(&vse_cores, &i);
	struct vse_placed *placed = bpf_map_lookup_elem(&vse_placed, &i);
	__u64 rank;

	if (!core || !placed)
		return 1;
	if (!vse_is_available(core) || core->flags & VSE_CORE_HIGH)
		return 0;
	/* Other flows avoid a core with a priority flow, then one with a VM, and never take that of
	 * the VM itself; then the load counts, and the lower number where two are equal. */
	rank = core->load + core->provisional + (placed->provisional - core->provisional_seen);
	if (!c->priority && core->n_priority + (placed->n_priority - core->n_priority_seen))
		rank |= VSE_RANK_PRIORITY;
	if (core->n_vms) {
		if (i == c->own)
			return 0;
		rank |= VSE_RANK_VM;
	}
	if (rank < c->rank) {
		c->rank = rank;
		c->core = i;
	}
	return 0;
}

/* How many cores are available, for bpf_loop(). */
static long vse_count_core(__u32 i, void *data)
{
	struct vse_choice *c = data;
	struct vse_core *core = bpf_map_lookup_elem(&vse_cores, &i);

	if (core && vse_is_available(core))
		c->available++;
	return 0;
}

/* The available core that the hash names, for bpf_loop(). */
static long vse_nth_core(__u32 i, void *data)
{
	struct vse_choice *c = data;
	struct vse_core *core = bpf_map_lookup_elem(&vse_cores, &i);

	if (!core || !vse_is_available(core))
		return 0;
	if (c->nth) {
		c->nth--;
		return 0;
	}
	c->core = i;
	return 1;
}

/* The core for a flow of `key`, and why; VSE_CORE_NONE: stay. */
static __always_inline __u32 vse_choose(const struct vse_head *head, const struct vse_key *key,
					__u32 *reason)
{
	struct vse_choice choice = {
		.own = VSE_CORE_NONE, .priority = vse_is_priority(key), .rank = ~0ULL,
		.core = VSE_CORE_NONE,
	};
	__u32 vm = vse_vm_id(key);
	__u32 *own;

	if (head->policy == VSE_POLICY_CURRENT) {
		*reason = VSE_REASON_CURRENT;
		return bpf_get_smp_processor_id();
	}
	if (head->policy == VSE_POLICY_HASH) {
		bpf_loop(head->n_cores, vse_count_core, &choice, 0);
		choice.nth = (__u64)vse_rxhash(key) * choice.available >> 32;
		bpf_loop(head->n_cores, vse_nth_core, &choice, 0);
		*reason = choice.core == VSE_CORE_NONE ? VSE_REASON_ALL_HIGH : VSE_REASON_HASH;
		return choice.core;
	}
	own = bpf_map_lookup_elem(&vse_vms, &vm);
	if (own)
		choice.own = *own;
	bpf_loop(head->n_cores, vse_try_core, &choice, 0);
	if (choice.core == VSE_CORE_NONE)
		*reason = VSE_REASON_ALL_HIGH;
	else if (choice.priority)
		*reason = VSE_REASON_PRIORITY;
	else if (choice.rank & VSE_RANK_VM)
		*reason = VSE_REASON_LEAST_LOADED_NOT_OWN;
	else
		*reason = VSE_REASON_LEAST_LOADED;
	return choice.core;
}

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From the rule to the core. An entry keeps its core until the agent wishes it to move, and moves
 * only when no frame can be overtaken by one that was sent to the new core: after a gap that is longer
 * than a queue takes to drain, or when the old core has taken the last frame of the entry and has had the
 * time to bring it through the stack (the rule of RFS).
 */
#ifndef VSE_STEER_H
#define VSE_STEER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"
#include "vse_assign.h"
#include "vse_maps.h"
#include "vse_parse.h"

/* Gives the entry `core` in place of `old`; returns the core that it has then, which another CPU may
 * have chosen meanwhile. */
static __always_inline __u32 vse_give(const struct vse_head *head, const struct vse_key *key,
				      struct vse_entry *entry, __u32 old, __u32 core, __u32 reason)
{
	struct vse_placed *placed;
	__u32 was = __sync_val_compare_and_swap(&entry->core, old, core);

	if (was != old)
		return was;
	entry->reason = reason;
	entry->flow[0] = key->words[2];
	entry->flow[1] = key->words[3];
	entry->flow[2] = key->words[4];
	entry->assigned_ns = bpf_ktime_get_ns();
	placed = bpf_map_lookup_elem(&vse_placed, &core);
	if (placed && reason != VSE_REASON_REBALANCED) {
		__sync_fetch_and_add(&placed->provisional, head->share);
		if (vse_is_priority(key))
			__sync_fetch_and_add(&placed->n_priority, 1);
	}
	__sync_fetch_and_add(&entry->changes, 1);
	return core;
}

/* Whether all frames of the entry are through: then it may move. `idle` is how long it was silent. */
static __always_inline int vse_drained(const struct vse_head *head, struct vse_entry *entry,
				       const struct vse_wish *wish, __u64 idle,
				       struct vse_count *count)
{
	struct vse_core *core;
	__u32 at = entry->core;

	if (idle >= head->idle_gap_ns)
		return 1;
	/* A core that has gone has no frames. */
	core = bpf_map_lookup_elem(&vse_cores, &at);
	if (!core || !(core->flags & VSE_CORE_ONLINE))
		return 1;
	/* Frames that came before the wish have no number. */
	if (entry->tagged != wish->number) {
		entry->tagged = wish->number;
		if (wish->reason == VSE_REASON_REBALANCED)
			count->deferred++;
		return 0;
	}
	return entry->done >= entry->sent &&
	       bpf_ktime_get_ns() - entry->done_ns >= head->settle_ns;
}

/*
 * How long the entry was silent before this frame. The kernel counts ticks a few hundred times a second: so often is
 * the clock asked and the entry written, not more.
 */
static __always_inline __u64 vse_idle(struct vse_entry *entry)
{
	__u64 tick = bpf_jiffies64(), now, last;

	if (tick == entry->tick)
		return 0;
	now = bpf_ktime_get_ns();
	last = entry->last_ns;
	entry->last_ns = now;
	entry->tick = tick;
	/* Another CPU may have been here meanwhile. */
	return now > last ? now - last : 0;
}

static __always_inline int vse_steer(struct xdp_md *ctx, const struct vse_head *head,
				     const struct vse_key *key, __u32 index,
				     struct vse_count *count)
{
	__u32 here = bpf_get_smp_processor_id();
	__u32 at = (head->half & 1) * vse_n_rules + index;
	__u64 seq = 0, idle;
	struct vse_core_count *sent;
	struct vse_entry *entry;
	struct vse_rule *rule;
	struct vse_wish *wish;
	struct vse_use *use;
	__u32 core, slot;
	__u32 reason;

	rule = bpf_map_lookup_elem(&vse_rules, &at);
	if (!rule)
		goto error;
	slot = rule->slot;
	core = rule->core;
	use = bpf_map_lookup_elem(&vse_uses, &slot);
	entry = bpf_map_lookup_elem(&vse_entries, &slot);
	if (!use || !entry)
		goto error;
	use->packets++;
	use->bytes += bpf_xdp_get_buff_len(ctx);
	idle = vse_idle(entry);
	if (!(head->flags & VSE_ENABLED))
		goto pass;
	if (rule->flags & VSE_RULE_AUTO) {
		core = entry->core;
		wish = bpf_map_lookup_elem(&vse_wishes, &slot);
		if (core == VSE_CORE_NONE) {
			core = vse_choose(head, key, &reason);
			if (core != VSE_CORE_NONE)
				core = vse_give(head, key, entry, VSE_CORE_NONE, core, reason);
		} else if (wish && wish->number != entry->wish) {
			if (vse_drained(head, entry, wish, idle, count)) {
				__u32 to = wish->core;

				reason = wish->reason;
				if (to == VSE_CORE_NONE)
					to = vse_choose(head, key, &reason);
				entry->wish = wish->number;
				core = vse_give(head, key, entry, core, to, reason);
				if (reason == VSE_REASON_REBALANCED)
					count->moves++;
			} else {
				seq = __sync_fetch_and_add(&entry->sent, 1) + 1;
				__sync_fetch_and_add(&entry->deferred, 1);
			}
		}
	}
	if (core == VSE_CORE_NONE || core == here) {
		if (seq) {
			entry->done_ns = bpf_ktime_get_ns();
			entry->done = seq;
		}
		goto pass;
	}
	if (seq || head->flags & VSE_META) {
		/* A driver without room for it leaves the frame as it is. */
		if (!bpf_xdp_adjust_meta(ctx, -(int)sizeof(struct vse_meta))) {
			struct vse_meta *meta = (void *)(long)ctx->data_meta;

			if ((void *)(meta + 1) <= (void *)(long)ctx->data) {
				meta->magic = VSE_META_MAGIC;
				meta->rxhash = vse_rxhash(key);
				meta->slot = seq ? slot : VSE_NO_RULE;
				meta->pad = 0;
				meta->seq = seq;
			}
		}
	}
	if (bpf_redirect_map(&vse_cpus, core, XDP_PASS) != XDP_REDIRECT)
		goto error;
	count->redirected++;
	sent = bpf_map_lookup_elem(&vse_core_counts, &core);
	if (sent)
		sent->redirected++;
	return XDP_REDIRECT;
error:
	count->errors++;
pass:
	count->passed++;
	return XDP_PASS;
}

/* On the core that the frame was sent to: a frame with a number says that all before it have come. */
static __always_inline void vse_arrive(struct xdp_md *ctx)
{
	struct vse_meta *meta = (void *)(long)ctx->data_meta;
	struct vse_entry *entry;
	__u32 slot;
	__u64 seq;

	if ((void *)(meta + 1) > (void *)(long)ctx->data || meta->magic != VSE_META_MAGIC)
		return;
	slot = meta->slot;
	seq = meta->seq;
	entry = bpf_map_lookup_elem(&vse_entries, &slot);
	if (!entry)
		return;
	if (seq > entry->done) {
		entry->done_ns = bpf_ktime_get_ns();
		entry->done = seq;
	}
	/* GRO does not merge frames whose numbers differ. */
	bpf_xdp_adjust_meta(ctx, sizeof(*meta));
}

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a key to the rule that wins: the decisions about exact flows first, then the masks of the
 * table. Rules of one mask stand in buckets by a hash of their values; the agent builds the buckets
 * so that none holds more than VSE_MAX_CHAIN.
 */
#ifndef VSE_CLASSIFY_H
#define VSE_CLASSIFY_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"
#include "vse_maps.h"

/*
 * A multilinear hash: a sum of products of words and odd constants. The products do not wait for
 * each other, as those of a chain would. The constants are the first 64 bits of the fractions of the square
 * roots of the first primes, made odd; agent/src/datapath/xdp/key.rs has the same.
 */
static __always_inline __u64 vse_sum(const __u64 *w)
{
	return w[0] * 0x6a09e667f3bcc909ULL + w[1] * 0xbb67ae8584caa73bULL +
	       w[2] * 0x3c6ef372fe94f82bULL + w[3] * 0xa54ff53a5f1d36f1ULL +
	       w[4] * 0x510e527fade682d1ULL + w[5] * 0x9b05688c2b3e6c1fULL +
	       w[6] * 0x1f83d9abfb41bd6bULL + w[7] * 0x5be0cd19137e2179ULL +
	       w[8] * 0xcbbb9d5dc1059ed9ULL + w[9] * 0x629a292a367cd507ULL +
	       w[10] * 0x9159015a3070dd17ULL;
}

/* The upper `bits` of the sum, spread by `seed`; at most 32 of them. */
static __always_inline __u32 vse_spread(__u64 sum, __u64 seed, __u32 bits)
{
	sum ^= sum >> 32;
	sum = (sum ^ seed) * 0x9e3779b97f4a7c15ULL;
	return bits ? sum >> (64 - (bits & 31)) : 0;
}

struct vse_search {
	const __u64 *key;
	const struct vse_head *head;
	__u32 best;            /* rank of the best rule so far */
	__u32 rule;            /* its index in the half; VSE_NO_RULE for none */
};

/* One mask, for bpf_loop(). Returns 1 when no further mask can do better. */
static long vse_try_mask(__u32 i, void *data)
{
	struct vse_search *s = data;
	__u32 half = s->head->half & 1;
	__u32 at = half * vse_n_rules + i;
	struct vse_mask *mask;
	struct vse_bucket *bucket;
	__u64 masked[VSE_KEY_WORDS];

	mask = bpf_map_lookup_elem(&vse_masks, &at);
	if (!mask || mask->best >= s->best)
		return 1;
#pragma unroll
	for (int w = 0; w < VSE_KEY_WORDS; w++)
		masked[w] = s->key[w] & mask->words[w];
	at = half * vse_n_buckets + mask->base + vse_spread(vse_sum(masked), mask->seed, mask->bits);
	bucket = bpf_map_lookup_elem(&vse_buckets, &at);
	if (!bucket)
		return 1;
	for (int c = 0; c < VSE_MAX_CHAIN; c++) {
		__u32 index = bucket->rules[c];
		struct vse_rule *rule;
		__u64 differs = 0;

		if (index == VSE_NO_RULE)
			break;
		at = half * vse_n_rules + index;
		rule = bpf_map_lookup_elem(&vse_rules, &at);
		if (!rule || rule->rank >= s->best)
			break;
#pragma unroll
		for (int w = 0; w < VSE_KEY_WORDS; w++)
			differs |= masked[w] ^ rule->words[w];
		if (!differs) {
			s->best = rule->rank;
			s->rule = index;
			break;
		}
	}
	return 0;
}

/* The index of the rule that wins for `key`, or VSE_NO_RULE. `sum` is that of the key. */
static __always_inline __u32 vse_classify(const struct vse_key *key, __u64 sum,
					  const struct vse_head *head, struct vse_count *count)
{
	const __u64 *words = key->words;
	struct vse_search search = {
		.key = words, .head = head, .best = 0xffffffff, .rule = VSE_NO_RULE,
	};
	__u32 at = (bpf_get_smp_processor_id() << vse_cache_bits) +
		   vse_spread(sum, 0, vse_cache_bits);
	struct vse_decision *known = NULL;

	if (head->flags & VSE_CACHE)
		known = bpf_map_lookup_elem(&vse_cache, &at);
	if (known && known->generation == head->generation) {
		const __u64 *cached = known->key.words;
		__u64 differs = 0;

#pragma unroll
		for (int w = 0; w < VSE_KEY_WORDS; w++)
			differs |= words[w] ^ cached[w];
		if (!differs) {
			count->cached++;
			return known->rule;
		}
	}
	bpf_loop(head->n_masks, vse_try_mask, &search, 0);
	if (known) {
		known->key = *key;
		known->rule = search.rule;
		known->generation = head->generation;
	}
	return search.rule;
}

#endif

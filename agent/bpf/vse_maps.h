/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The maps. All are pinned under their names in the agent's folder; the agent sets the sizes of
 * those that say so.
 */
#ifndef VSE_MAPS_H
#define VSE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"

struct vse_head_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct vse_head));
};

/*
 * One slot with the table in force. To put another head there is one write, and the kernel returns
 * from it when no program runs with the old one any more: only then may its half be written again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__array(values, struct vse_head_map);
} vse_active SEC(".maps");

/* Two halves; sized by the agent, as there can be as many masks as rules. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_mask);
} vse_masks SEC(".maps");

/* Two halves; sized by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_bucket);
} vse_buckets SEC(".maps");

/* Two halves; sized by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_rule);
} vse_rules SEC(".maps");

/* What the datapath wrote into each entry, by its slot; sized by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_entry);
} vse_entries SEC(".maps");

/* Moves that the agent wants, by slot; sized by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_wish);
} vse_wishes SEC(".maps");

/* Counters by slot; sized by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_use);
} vse_uses SEC(".maps");

/* Decisions about exact flows. One part for each CPU, so that nobody else writes there; sized by
 * the agent to CPUs * 2^vse_cache_bits. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_decision);
} vse_cache SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_count);
} vse_counts SEC(".maps");

/* Cores by their number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VSE_MAX_CORES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_core);
} vse_cores SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VSE_MAX_CORES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_placed);
} vse_placed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VSE_MAX_CORES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct vse_core_count);
} vse_core_counts SEC(".maps");

/* The core that each VM runs on, by its VM id; VSE_CORE_NONE where that is not known. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u32);
} vse_vms SEC(".maps");

/* Where frames are sent to; the kernel refuses more entries than there can be CPUs, so the agent
 * sizes it. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bpf_cpumap_val));
} vse_cpus SEC(".maps");

/* What the program does not look at; sized by the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct vse_record_key);
	__type(value, struct vse_record);
} vse_records SEC(".maps");

/* Set by the agent before it loads the programs. */
volatile const __u32 vse_in_port;      /* OpenFlow port of the interface that it is loaded for */
volatile const __u32 vse_n_rules;      /* entries of half of vse_masks and vse_rules */
volatile const __u32 vse_n_buckets;    /* entries of half of vse_buckets */
volatile const __u32 vse_cache_bits;   /* 2^bits decisions for each CPU */
volatile const __u32 vse_n_cpus;       /* CPUs that there can be */

#endif

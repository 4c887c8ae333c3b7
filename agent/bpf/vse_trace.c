/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Counts what happens to frames behind a cpumap, by map and core. Frames that do not fit into a core's queue are
 * dropped after the XDP program has returned; only these tracepoints tell of it.
 *
 * Source: the kernel's include/trace/events/xdp.h, xdp_cpumap_enqueue and xdp_cpumap_kthread. The agent's side is
 * agent/src/measure/trace.rs.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct key {
	__u32 map;             /* id of the cpumap */
	__u32 core;            /* to which the frames went */
};

struct counts {
	__u64 enqueued;        /* frames put into the queue */
	__u64 queue_drops;     /* frames that found it full */
	__u64 processed;       /* frames that the core's thread has taken out */
	__u64 thread_drops;    /* frames for which it had no memory */
	__u64 sleeps;          /* times that it found the queue empty and slept */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct key);
	__type(value, struct counts);
} COUNTS SEC(".maps");

static __always_inline struct counts *counts_of(__u32 map, __u32 core)
{
	struct key key = { .map = map, .core = core };
	struct counts *counts = bpf_map_lookup_elem(&COUNTS, &key);
	struct counts none = {};

	if (counts)
		return counts;
	/* Another core may put it there first; then this does nothing. */
	bpf_map_update_elem(&COUNTS, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&COUNTS, &key);
}

/* Of frames that were looked at: native XDP counts those that were dropped among them, generic XDP does not. */
static __always_inline __u32 without(__u32 frames, __u32 drops)
{
	return frames > drops ? frames - drops : 0;
}

/* (int map_id, unsigned int processed, unsigned int drops, int to_cpu) */
SEC("tp_btf/xdp_cpumap_enqueue")
int vse_cpumap_enqueue(__u64 *args)
{
	struct counts *counts = counts_of(args[0], args[3]);

	if (counts) {
		__sync_fetch_and_add(&counts->enqueued, without(args[1], args[2]));
		__sync_fetch_and_add(&counts->queue_drops, (__u32)args[2]);
	}
	return 0;
}

/* (int map_id, unsigned int processed, unsigned int drops, int sched, struct xdp_cpumap_stats *) */
SEC("tp_btf/xdp_cpumap_kthread")
int vse_cpumap_kthread(__u64 *args)
{
	struct counts *counts = counts_of(args[0], bpf_get_smp_processor_id());

	if (counts) {
		__sync_fetch_and_add(&counts->processed, without(args[1], args[2]));
		__sync_fetch_and_add(&counts->thread_drops, (__u32)args[2]);
		__sync_fetch_and_add(&counts->sleeps, args[3] ? 1 : 0);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

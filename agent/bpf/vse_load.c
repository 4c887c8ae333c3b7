/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Stands for the work of receiving in `vsectl experiment`: attached at tc ingress, behind the core that was chosen, it
 * keeps that core busy for a time with each frame, as decryption by AES-256 did in the paper. The agent's side is
 * agent/src/experiment/load.rs.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* Looks at the clock, each some tens of nanoseconds: a millisecond at the least, and the end in any case. */
#define MAX_LOOKS 100000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);  /* nanoseconds for each frame */
} COST SEC(".maps");

static long is_over(__u32 look, void *end)
{
	(void)look;
	return bpf_ktime_get_ns() >= *(__u64 *)end;
}

SEC("classifier")
int vse_receive_cost(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *cost = bpf_map_lookup_elem(&COST, &zero);
	__u64 end;

	(void)skb;
	if (cost && *cost) {
		end = bpf_ktime_get_ns() + *cost;
		bpf_loop(MAX_LOOKS, is_over, &end, 0);
	}
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * VSE in the receive path. `vse` runs where a frame arrives, at the level of the driver: it finds
 * the entry of the flow table that the frame matches and sends it to that entry's core, through a
 * cpumap. `vse_cpu` runs on that core, in front of the stack. The agent loads both; see
 * agent/src/datapath/xdp.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"
#include "vse_classify.h"
#include "vse_maps.h"
#include "vse_parse.h"
#include "vse_steer.h"

SEC("xdp.frags")
int vse(struct xdp_md *ctx)
{
	struct vse_key key = {};
	struct vse_count *count;
	struct vse_head *head;
	__u32 zero = 0, rule;
	__u64 sum;
	void *active;

	count = bpf_map_lookup_elem(&vse_counts, &zero);
	active = bpf_map_lookup_elem(&vse_active, &zero);
	if (!count || !active)
		return XDP_PASS;
	head = bpf_map_lookup_elem(active, &zero);
	if (!head)
		return XDP_PASS;
	vse_parse(ctx, head, &key);
	sum = vse_sum(key.words);
	rule = vse_classify(&key, sum, head, count);
	if (rule == VSE_NO_RULE) {
		count->missed++;
		count->passed++;
		return XDP_PASS;
	}
	count->matched++;
	return vse_steer(ctx, head, &key, rule, count);
}

SEC("xdp.frags/cpumap")
int vse_cpu(struct xdp_md *ctx)
{
	__u32 here = bpf_get_smp_processor_id();
	struct vse_core_count *count = bpf_map_lookup_elem(&vse_core_counts, &here);

	if (count)
		count->processed++;
	vse_arrive(ctx);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";

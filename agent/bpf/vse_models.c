/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The choice of a core by the models of `vsectl experiment` that are not VSE: "default" (one core for everything) and
 * "rss" (a hash of addresses and ports, as RSS has it; of the addresses alone for fragments, which have no ports). The
 * agent's side is agent/src/experiment/load.rs.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_CORES 256
#define IP_MORE_FRAGMENTS 0x2000
#define IP_FRAGMENT_OFFSET 0x1fff

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, MAX_CORES);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} CORES SEC(".maps");

struct table {
	__u32 size;            /* of cores; 1 for "default" */
	__u32 cores[MAX_CORES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct table);
} TABLE SEC(".maps");

/* Mixes well, which is all that is asked of it here; NICs use a Toeplitz hash. */
static __always_inline __u32 mix(__u32 hash, __u32 word)
{
	hash = (hash ^ word) * 0x9e3779b1u;
	return hash ^ (hash >> 15);
}

static __always_inline __u32 hash_of(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 hash;

	if ((void *)udp > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	hash = mix(mix(0, ip->saddr), ip->daddr);
	if (ip->protocol != IPPROTO_UDP || ip->ihl != 5)
		return hash;
	if (ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET))
		return hash;
	if ((void *)(udp + 1) > end)
		return hash;
	return mix(hash, (__u32)udp->source << 16 | udp->dest);
}

SEC("xdp.frags")
int vse_models(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 zero = 0, slot;
	struct table *table = bpf_map_lookup_elem(&TABLE, &zero);

	if (!table || !table->size)
		return XDP_PASS;
	/* The upper bits: those of the ports do not reach the lowest. */
	slot = (__u64)hash_of(data, end) * table->size >> 32;
	if (slot >= MAX_CORES)
		return XDP_PASS;
	return bpf_redirect_map(&CORES, table->cores[slot], XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

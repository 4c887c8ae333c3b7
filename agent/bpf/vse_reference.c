/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What `cargo xtask bench xdp` measures the datapath against: a program that does nothing, and one that does
 * what `xdp-bench redirect-cpu` of xdp-tools does with its program l4-hash, in words of our own: it counts the
 * frame, hashes addresses and protocol, takes a core out of a table by the hash, and redirects.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CORES 256

struct rec {
	__u64 processed;
	__u64 dropped;
	__u64 issue;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec);
} RX_COUNT SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} N_CORES SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CORES);
	__type(key, __u32);
	__type(value, __u32);
} AVAILABLE SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, CORES);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} CORES_MAP SEC(".maps");

struct vlan {
	__be16 tci;
	__be16 proto;
};

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* Mixes a word, as good as it takes to spread addresses. */
static __always_inline __u32 mix(__u32 word, __u32 seed)
{
	__u32 hash = seed;

	hash += word & 0xffff;
	hash = (hash << 16) ^ ((word >> 16) << 11) ^ hash;
	hash += hash >> 11;
	hash ^= hash << 3;
	hash += hash >> 5;
	hash ^= hash << 4;
	hash += hash >> 17;
	hash ^= hash << 25;
	return hash + (hash >> 6);
}

SEC("xdp")
int l4_hash(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 zero = 0, hash = 0, index, *n_cores, *core;
	struct ethhdr *eth = data;
	void *network = eth + 1;
	struct rec *rec;
	__be16 proto;

	rec = bpf_map_lookup_elem(&RX_COUNT, &zero);
	n_cores = bpf_map_lookup_elem(&N_CORES, &zero);
	if (!rec || !n_cores || !*n_cores)
		return XDP_PASS;
	rec->processed++;
	if (network > end)
		return XDP_PASS;
	proto = eth->h_proto;
	if (proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD)) {
		struct vlan *vlan = network;

		if ((void *)(vlan + 1) > end)
			return XDP_PASS;
		proto = vlan->proto;
		network = vlan + 1;
	}
	if (proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = network;

		if ((void *)(ip + 1) > end)
			return XDP_PASS;
		hash = mix(ip->saddr + ip->daddr, 15485863 + ip->protocol);
	} else if (proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = network;
		__u32 sum = 0;

		if ((void *)(ip + 1) > end)
			return XDP_PASS;
		for (int i = 0; i < 4; i++)
			sum += ip->saddr.in6_u.u6_addr32[i] + ip->daddr.in6_u.u6_addr32[i];
		hash = mix(sum, 15485863 + ip->nexthdr);
	}
	index = hash % *n_cores;
	core = bpf_map_lookup_elem(&AVAILABLE, &index);
	if (!core)
		return XDP_PASS;
	if (*core >= CORES) {
		rec->issue++;
		return XDP_PASS;
	}
	return bpf_redirect_map(&CORES_MAP, *core, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What `cargo xtask bench xdp` measures the datapath against, beside xdp-bench: a program that does nothing.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

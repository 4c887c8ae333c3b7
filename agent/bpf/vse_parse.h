/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a frame to its key: the same as agent/src/engine/key, where mod.rs says what each word holds
 * and how a frame is read.
 */
#ifndef VSE_PARSE_H
#define VSE_PARSE_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"
#include "vse_headers.h"
#include "vse_maps.h"

/* The low byte of word 4. */
#define VSE_HAS_FCF 0x01
#define VSE_HAS_IP 0x02
#define VSE_HAS_SPI 0x04
#define VSE_HAS_TUNNEL 0x08
#define VSE_HAS_INNER 0x10
#define VSE_HAS_INNER_ETHERNET 0x20

/* Tunnel types: codec's vse::code. */
#define VSE_TUN_VXLAN 1
#define VSE_TUN_NVGRE 2
#define VSE_TUN_GENEVE 3
#define VSE_TUN_STT 4
#define VSE_TUN_VXLAN_GPE 5

#define VSE_PORT_VXLAN 4789
#define VSE_PORT_VXLAN_OLD 8472
#define VSE_PORT_VXLAN_GPE 4790
#define VSE_PORT_GENEVE 6081
#define VSE_PORT_STT 7471

/* A tunnel's header. */
struct vse_tunnel {
	__u64 id;
	__u32 inner;           /* where what it carries begins; 0 where that is not read */
	__u16 type;            /* EtherType of that; 0 for an Ethernet frame */
	__u8 kind;             /* VSE_TUN_*; 0 for no tunnel */
};

/* What a protocol type says that is carried, `len` bytes behind `at`. */
static __always_inline void vse_carried(struct xdp_md *ctx, __u16 type, __u32 at,
					struct vse_tunnel *t)
{
	if (type != VSE_ETH_ETHERNET && type != VSE_ETH_IPV4 && type != VSE_ETH_IPV6)
		return;
	if (at > bpf_xdp_get_buff_len(ctx))
		return;
	t->inner = at;
	t->type = type == VSE_ETH_ETHERNET ? 0 : type;
}

/* The tunnel in UDP to `port`, whose payload begins at `at`. */
static __always_inline void vse_udp_tunnel(struct xdp_md *ctx, __u32 at, __u16 port,
					   struct vse_tunnel *t)
{
	__u8 *head;

	if (port != VSE_PORT_VXLAN && port != VSE_PORT_VXLAN_OLD && port != VSE_PORT_VXLAN_GPE &&
	    port != VSE_PORT_GENEVE)
		return;
	head = VSE_AT(ctx, at, 8);
	if (!head)
		return;
	t->id = VSE_BE24(head + 4);
	if (port == VSE_PORT_GENEVE) {
		if (head[0] >> 6)
			return;
		t->kind = VSE_TUN_GENEVE;
		vse_carried(ctx, VSE_BE16(head + 2), at + 8 + (head[0] & 0x3f) * 4, t);
		return;
	}
	if (!(head[0] & 0x08))
		return;
	t->inner = at + 8;
	if (port != VSE_PORT_VXLAN_GPE) {
		t->kind = VSE_TUN_VXLAN;
		return;
	}
	t->kind = VSE_TUN_VXLAN_GPE;
	if (!(head[0] & 0x04) || head[3] == 3)
		return;
	if (head[3] == 1)
		t->type = VSE_ETH_IPV4;
	else if (head[3] == 2)
		t->type = VSE_ETH_IPV6;
	else
		t->inner = 0;
}

/* NVGRE at `at`: GRE of version 0 with a key and nothing else, around an Ethernet frame. */
static __always_inline void vse_nvgre(struct xdp_md *ctx, __u32 at, struct vse_tunnel *t)
{
	__u8 *head = VSE_AT(ctx, at, 8);

	if (!head || (VSE_BE16(head) & 0xf007) != 0x2000 || VSE_BE16(head + 2) != VSE_ETH_ETHERNET)
		return;
	t->kind = VSE_TUN_NVGRE;
	t->id = VSE_BE24(head + 4);
	t->inner = at + 8;
}

/* STT at `at`: a segment that has a whole packet. */
static __always_inline void vse_stt(struct xdp_md *ctx, __u32 at, struct vse_tunnel *t)
{
	__u8 *head = VSE_AT(ctx, at, 38);

	if (!head || VSE_BE16(head + 6) || at + 20 + VSE_BE16(head + 4) > bpf_xdp_get_buff_len(ctx))
		return;
	t->kind = VSE_TUN_STT;
	t->id = vse_u64(head + 28);
	t->inner = at + 38;
}

/* The key of the frame. */
static __always_inline void vse_parse(struct xdp_md *ctx, const struct vse_head *head,
				      struct vse_key *key)
{
	struct vse_tunnel t = {};
	__u64 has = 0, fcf = 0;
	struct vse_walk w;

	vse_walk_headers(ctx, 0, 0, &w);
	if (head->fcf_carrier == VSE_VLAN ? w.flags & VSE_IS_TAGGED : w.flags & VSE_IS_IPV4) {
		__u16 bits = head->fcf_carrier == VSE_VLAN ? w.tci : w.tos;
		__u64 vm_id = (bits & head->fcf_vm_id_mask) >> (head->fcf_shift & 15);
		__u64 priority = !!(bits & head->fcf_priority_mask);

		has = VSE_HAS_FCF;
		fcf = vm_id << 48 | priority << 24 | (__u64)head->fcf_carrier << 16;
	}
	if (w.flags & VSE_IS_IP)
		has |= VSE_HAS_IP;
	if (w.flags & VSE_IS_SPI)
		has |= VSE_HAS_SPI;
	key->words[0] = (__u64)vse_in_port << 48 | w.dl_src;
	key->words[1] = (__u64)w.dl_type << 48 | w.dl_dst;
	key->words[2] = w.addresses;
	key->words[3] = (__u64)w.ports << 32 | (__u32)w.dl_vlan << 16 | w.nw_proto << 8 | w.nw_tos;
	key->words[4] = fcf | (__u64)w.dl_vlan_pcp << 40 | (__u64)w.ip_frag << 32;
	key->words[5] = (__u64)w.esp_spi << 32;
	if (w.payload) {
		if (w.nw_proto == VSE_IP_UDP)
			vse_udp_tunnel(ctx, w.payload + 8, w.ports, &t);
		else if (w.nw_proto == VSE_IP_GRE)
			vse_nvgre(ctx, w.payload, &t);
		else if (w.nw_proto == VSE_IP_TCP && (__u16)w.ports == VSE_PORT_STT)
			vse_stt(ctx, w.payload, &t);
	}
	if (t.kind) {
		has |= VSE_HAS_TUNNEL;
		key->words[4] |= t.kind << 8;
		key->words[6] = t.id;
	}
	if (t.kind && t.inner) {
		vse_walk_headers(ctx, t.inner, t.type, &w);
		if (t.type || w.flags & VSE_IS_ETHERNET) {
			has |= VSE_HAS_INNER;
			if (!t.type)
				has |= VSE_HAS_INNER_ETHERNET;
			key->words[7] = (__u64)w.dl_vlan << 48 | w.dl_src;
			key->words[8] = (__u64)w.dl_type << 48 | w.dl_dst;
			key->words[9] = w.addresses;
			key->words[10] = (__u64)w.ports << 32 | (__u32)w.nw_proto << 24 |
					 w.nw_tos << 16 | w.dl_vlan_pcp << 8;
		}
	}
	key->words[4] |= has;
}

/* The hash of the flow, the same as PacketKey::rxhash(). */
static __always_inline __u32 vse_rxhash(const struct vse_key *key)
{
	__u64 tp = key->words[3] & 0xffffffff0000ff00ULL;
	__u64 vm = key->words[4] >> 48;
	__u64 hash = key->words[2] ^ (tp << 23 | tp >> 41) ^ (vm << 41 | vm >> 23);

	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
	hash = (hash ^ hash >> 33) >> 32;
	return hash ? hash : 1;
}

#endif

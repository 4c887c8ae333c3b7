/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The headers from Ethernet to the ports, of the frame itself or of what a tunnel carries: the same
 * as agent/src/engine/key/extract.rs. Every loop and every offset is bounded. Only the first buffer
 * of a frame is read; no driver splits headers.
 */
#ifndef VSE_HEADERS_H
#define VSE_HEADERS_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "vse_abi.h"

/* Bounds, the same as in the engine. */
#define VSE_MAX_TAGS 2
#define VSE_MAX_EXTENSIONS 6
/* Headers that begin further in are not looked at; no first buffer is so long. */
#define VSE_MAX_OFFSET 0x7fff

#define VSE_ETH_IPV4 0x0800
#define VSE_ETH_ARP 0x0806
#define VSE_ETH_VLAN 0x8100
#define VSE_ETH_SERVICE_VLAN 0x88a8
#define VSE_ETH_IPV6 0x86dd
#define VSE_ETH_ETHERNET 0x6558 /* in GRE and Geneve */
#define VSE_ETH_NO_TYPE 0x05ff  /* OpenFlow 1.0: a length, not a type */
#define VSE_ETH_SMALLEST 0x0600

#define VSE_IP_HOP_BY_HOP 0
#define VSE_IP_ICMP 1
#define VSE_IP_TCP 6
#define VSE_IP_UDP 17
#define VSE_IP_ROUTING 43
#define VSE_IP_FRAGMENT 44
#define VSE_IP_GRE 47
#define VSE_IP_ESP 50
#define VSE_IP_AUTHENTICATION 51
#define VSE_IP_ICMPV6 58
#define VSE_IP_DESTINATION 60
#define VSE_IP_SCTP 132

#define VSE_FRAG_FIRST 1
#define VSE_FRAG_LATER 3

/* What there is: flags of a walk. */
#define VSE_IS_TAGGED 0x01
#define VSE_IS_IPV4 0x02
#define VSE_IS_IP 0x04
#define VSE_IS_SPI 0x08
#define VSE_IS_ETHERNET 0x10

/* What one pass over the headers finds; numbers are those of the host. */
struct vse_walk {
	__u64 dl_src;
	__u64 dl_dst;
	__u64 addresses;       /* nw_src in the upper half, nw_dst in the lower */
	__u32 ports;           /* tp_src in the upper half, tp_dst in the lower */
	__u32 esp_spi;
	__u32 payload;         /* where what IP carries begins; 0 where nothing of it can be read */
	__u16 dl_type;
	__u16 dl_vlan;
	__u16 tci;             /* of the outermost tag */
	__u8 dl_vlan_pcp;
	__u8 nw_proto;
	__u8 nw_tos;
	__u8 tos;              /* the whole byte of IPv4 */
	__u8 ip_frag;
	__u8 flags;            /* VSE_IS_* */
};

/* Begin and end of the first buffer. In assembly, since the compiler may move the 32 bits of the
 * context through a 32-bit register, where the verifier loses the pointer that they stand for. */
#define VSE_CONTEXT(ctx, field)                                                  \
	({                                                                       \
		void *__pointer;                                                 \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                            \
			     : "=r"(__pointer)                                   \
			     : "r"(ctx), "i"(__builtin_offsetof(struct xdp_md, field))); \
		__pointer;                                                       \
	})

/* `len` bytes at `off` of the frame, or NULL. */
#define VSE_AT(ctx, off, len)                                                    \
	({                                                                       \
		void *__begin = VSE_CONTEXT(ctx, data);                          \
		void *__end = VSE_CONTEXT(ctx, data_end);                        \
		void *__at = NULL;                                               \
		__u64 __off = (off);                                             \
		if (__off <= VSE_MAX_OFFSET) {                                   \
			__begin += __off;                                        \
			if (__begin + (len) <= __end)                            \
				__at = __begin;                                  \
		}                                                                \
		__at;                                                            \
	})

/*
 * A number that was in memory which the verifier does not follow: it forgets on which of many ways it
 * came to its value, and looks at what comes behind once.
 */
#define VSE_FORGET(place, value)                                                 \
	({                                                                       \
		*(volatile typeof(place) *)&(place) = (value);                   \
		*(volatile typeof(place) *)&(place);                             \
	})

#define VSE_BE16(bytes) ((__u32)(bytes)[0] << 8 | (bytes)[1])
#define VSE_BE24(bytes) ((__u32)(bytes)[0] << 16 | (__u32)(bytes)[1] << 8 | (bytes)[2])

/* Numbers of the frame; no platform that this runs on minds their alignment. */
static __always_inline __u16 vse_u16(const void *at)
{
	return bpf_ntohs(*(const __be16 *)at);
}

static __always_inline __u32 vse_u32(const void *at)
{
	return bpf_ntohl(*(const __be32 *)at);
}

static __always_inline __u64 vse_u48(const void *at)
{
	return (__u64)vse_u32(at) << 16 | vse_u16(at + 4);
}

static __always_inline __u64 vse_u64(const void *at)
{
	return bpf_be64_to_cpu(*(const __be64 *)at);
}

/* Ethernet at `at`, with its tags. Returns where the payload begins. */
static __always_inline __u32 vse_ethernet(struct xdp_md *ctx, __u32 at, struct vse_walk *w)
{
	__u8 *eth = VSE_AT(ctx, at, 14);
	__u16 type;

	w->dl_vlan = 0xffff;
	if (!eth)
		return at;
	w->dl_dst = vse_u48(eth);
	w->dl_src = vse_u48(eth + 6);
	w->flags |= VSE_IS_ETHERNET;
	type = vse_u16(eth + 12);
	at += 14;
	for (int i = 0; i < VSE_MAX_TAGS; i++) {
		__u8 *tag;

		if (type != VSE_ETH_VLAN && type != VSE_ETH_SERVICE_VLAN)
			break;
		tag = VSE_AT(ctx, at, 4);
		if (!tag)
			break;
		if (i == 0) {
			w->flags |= VSE_IS_TAGGED;
			w->tci = vse_u16(tag);
			w->dl_vlan = w->tci & 0xfff;
			w->dl_vlan_pcp = w->tci >> 13;
		}
		type = vse_u16(tag + 2);
		at += 4;
	}
	if (type < VSE_ETH_SMALLEST) {
		__u8 *llc = VSE_AT(ctx, at, 8);

		type = VSE_ETH_NO_TYPE;
		if (llc && vse_u32(llc) == 0xaaaa0300 && !vse_u16(llc + 4) &&
		    vse_u16(llc + 6) >= VSE_ETH_SMALLEST) {
			type = vse_u16(llc + 6);
			at += 8;
		}
	}
	w->dl_type = type;
	return at;
}

/* IPv4 at `at`. Returns where its payload begins, 0 where nothing of it can be read. */
static __always_inline __u32 vse_ipv4(struct xdp_md *ctx, __u32 at, struct vse_walk *w)
{
	__u8 *ip = VSE_AT(ctx, at, 20);
	__u16 frag;

	if (!ip || ip[0] >> 4 != 4 || (ip[0] & 0xf) < 5)
		return 0;
	w->flags |= VSE_IS_IPV4 | VSE_IS_IP;
	w->tos = ip[1];
	w->nw_tos = ip[1] & 0xfc;
	w->nw_proto = ip[9];
	w->addresses = vse_u64(ip + 12);
	frag = vse_u16(ip + 6);
	if (frag & 0x1fff)
		w->ip_frag = VSE_FRAG_LATER;
	else if (frag & 0x2000)
		w->ip_frag = VSE_FRAG_FIRST;
	at += (ip[0] & 0xf) * 4;
	/* No fragment, the first neither, has ports: so all of a datagram have the same key. */
	return w->ip_frag ? 0 : at;
}

static __always_inline int vse_is_extension(__u8 next)
{
	return next == VSE_IP_HOP_BY_HOP || next == VSE_IP_ROUTING || next == VSE_IP_DESTINATION ||
	       next == VSE_IP_AUTHENTICATION || next == VSE_IP_FRAGMENT;
}

/* IPv6 at `at`, and its extension headers. */
static __always_inline __u32 vse_ipv6(struct xdp_md *ctx, __u32 at, struct vse_walk *w)
{
	__u8 *ip = VSE_AT(ctx, at, 40);

	if (!ip || ip[0] >> 4 != 6)
		return 0;
	w->flags |= VSE_IS_IP;
	w->nw_tos = (VSE_BE16(ip) >> 4) & 0xfc;
	w->nw_proto = ip[6];
	at += 40;
	for (int i = 0; i < VSE_MAX_EXTENSIONS; i++) {
		__u32 len;
		__u8 *ext;

		at = VSE_FORGET(w->payload, at);
		ext = VSE_AT(ctx, at, 4);

		if (!ext || !vse_is_extension(w->nw_proto))
			break;
		if (w->nw_proto == VSE_IP_AUTHENTICATION)
			len = (ext[1] + 2) * 4;
		else if (w->nw_proto == VSE_IP_FRAGMENT)
			len = 8;
		else
			len = (ext[1] + 1) * 8;
		at = VSE_FORGET(w->payload, at + len);
		if (at > bpf_xdp_get_buff_len(ctx))
			return 0;
		if (w->nw_proto == VSE_IP_FRAGMENT) {
			if (VSE_BE16(ext + 2) & 0xfff8)
				w->ip_frag = VSE_FRAG_LATER;
			else if (ext[3] & 1)
				w->ip_frag = VSE_FRAG_FIRST;
		}
		w->nw_proto = ext[0];
		if (w->ip_frag)
			return 0;
	}
	return vse_is_extension(w->nw_proto) ? 0 : at;
}

/* ARP for IPv4 over Ethernet at `at`. */
static __always_inline void vse_arp(struct xdp_md *ctx, __u32 at, struct vse_walk *w)
{
	__u8 *arp = VSE_AT(ctx, at, 28);

	if (!arp || vse_u32(arp) != 0x00010800 || vse_u16(arp + 4) != 0x0604)
		return;
	w->nw_proto = arp[6] ? 0 : arp[7];
	w->addresses = (__u64)vse_u32(arp + 14) << 32 | vse_u32(arp + 24);
}

/* What IP carries, at `at`: ports, or type and code of ICMP, or the SPI of ESP. */
static __always_inline void vse_transport(struct xdp_md *ctx, __u32 at, struct vse_walk *w)
{
	__u8 proto = w->nw_proto;
	__u8 *bytes;

	if (proto == VSE_IP_TCP || proto == VSE_IP_UDP || proto == VSE_IP_SCTP) {
		bytes = VSE_AT(ctx, at, 4);
		if (bytes)
			w->ports = vse_u32(bytes);
	} else if (proto == (w->flags & VSE_IS_IPV4 ? VSE_IP_ICMP : VSE_IP_ICMPV6)) {
		bytes = VSE_AT(ctx, at, 2);
		if (bytes)
			w->ports = (__u32)bytes[0] << 16 | bytes[1];
	} else if (proto == VSE_IP_ESP) {
		bytes = VSE_AT(ctx, at, 4);
		if (bytes) {
			w->esp_spi = vse_u32(bytes);
			w->flags |= VSE_IS_SPI;
		}
	}
}

/*
 * The headers at `off`: of an Ethernet frame where `type` is 0, else of a datagram of that EtherType.
 * A global function: the verifier looks at it once, whatever calls it.
 */
__noinline int vse_walk_headers(struct xdp_md *ctx, __u32 off, __u16 type, struct vse_walk *w)
{
	__u32 at = off;

	if (!w)
		return 0;
	__builtin_memset(w, 0, sizeof(*w));
	w->dl_type = type;
	if (!type)
		at = vse_ethernet(ctx, at, w);
	at = VSE_FORGET(w->payload, at);
	w->payload = 0;
	switch (VSE_FORGET(w->dl_type, w->dl_type)) {
	case VSE_ETH_IPV4:
		at = vse_ipv4(ctx, at, w);
		break;
	case VSE_ETH_IPV6:
		at = vse_ipv6(ctx, at, w);
		break;
	case VSE_ETH_ARP:
		vse_arp(ctx, at, w);
		return 0;
	default:
		return 0;
	}
	at = VSE_FORGET(w->payload, at);
	if (at)
		vse_transport(ctx, at, w);
	return 0;
}

#endif

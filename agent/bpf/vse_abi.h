/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the program and the agent share: the values of the maps, by their exact layout. The agent's
 * side is agent/src/datapath/xdp/abi.rs. A change of any structure here needs a new VSE_LAYOUT, so
 * that an agent refuses the pins of another.
 */
#ifndef VSE_ABI_H
#define VSE_ABI_H

#include <linux/types.h>

/* Version of all that is pinned. */
#define VSE_LAYOUT 2

/* Limits. */
#define VSE_MAX_CHAIN 4        /* rules of one mask in one bucket */
#define VSE_MAX_CORES 256      /* cores; a higher number is never chosen */
#define VSE_KEY_WORDS 11       /* 64-bit words of a key */

#define VSE_CORE_NONE 0xffffu

/*
 * The key: all that an entry can match, of one frame. Which field stands where is said in
 * agent/src/engine/key/mod.rs.
 */
struct vse_key {
	__u64 words[VSE_KEY_WORDS];
};

/* The table in force. It never changes: a change of anything is another head, put in its place. */
struct vse_head {
	__u32 layout;          /* VSE_LAYOUT */
	__u32 generation;      /* of this head; decisions of another one are void */
	__u32 half;            /* which half of the masks, buckets and rules: 0 or 1 */
	__u32 n_masks;
	__u32 n_rules;
	__u32 n_cores;         /* cores 0 to n_cores - 1 are looked at */
	__u32 flags;           /* VSE_ENABLED and so on */
	__u16 fcf_priority_mask;
	__u16 fcf_vm_id_mask;
	__u8 fcf_carrier;      /* VSE_TOS or VSE_VLAN */
	__u8 fcf_shift;        /* of the VM id */
	__u8 policy;
	__u8 pad;
	__u32 share;           /* load that a flow just placed is expected to add, as of a core */
	__u64 idle_gap_ns;     /* a flow that was silent for so long has drained */
	__u64 settle_ns;       /* from the last dequeueing to the end of its receive path */
};

#define VSE_ENABLED 0x1
#define VSE_META 0x2           /* put the rxhash in front of redirected frames */
#define VSE_CACHE 0x4          /* keep decisions about exact flows */

#define VSE_TOS 1
#define VSE_VLAN 2

/* One mask of the table, the one with the best rule first. */
struct vse_mask {
	__u64 words[VSE_KEY_WORDS];
	__u32 best;            /* lowest rank of its rules: rank 0 wins over all others */
	__u32 base;            /* its first bucket */
	__u32 bits;            /* it has 2^bits buckets */
	__u32 pad;
	__u64 seed;            /* spreads its rules over the buckets */
};

/* Rules of one bucket: indices into the rules, the best first; VSE_NO_RULE behind the last. */
struct vse_bucket {
	__u32 rules[VSE_MAX_CHAIN];
};

#define VSE_NO_RULE 0xffffffffu

struct vse_rule {
	__u64 words[VSE_KEY_WORDS];  /* the values, zero where the mask is */
	__u32 rank;            /* place in the order of the table */
	__u32 slot;            /* of its entry */
	__u16 core;            /* that the action names; VSE_CORE_NONE: see flags */
	__u16 flags;           /* VSE_RULE_* */
	__u32 pad;
};

#define VSE_RULE_AUTO 0x1      /* VSE chooses the core; without it and without a core: stay */

/* What the datapath writes into an entry. It outlives tables; a slot is cleared before it is reused. */
struct vse_entry {
	__u64 id;              /* of the entry, by the agent */
	__u32 core;            /* that it was given; VSE_CORE_NONE for none */
	__u32 wish;            /* number of the last wish that was done */
	__u32 reason;          /* why it has the core: codec's vse::code::Reason */
	__u32 tagged;          /* number of the wish that `sent` and `done` are about */
	__u64 flow[3];         /* words 2 to 4 of the frame that it was given its core for */
	__u64 assigned_ns;     /* monotonic */
	__u64 changes;         /* of its core; written last, so what stands above is whole */
	__u64 last_ns;         /* monotonic time of its last frame, as good as `tick`; 0 for none */
	__u64 tick;            /* of the kernel's clock (jiffies) in which that was written */
	__u64 deferred;        /* frames for which a wish had to wait */
	__u64 sent;            /* while a wish waits: number of the last frame for the old core */
	__u64 done;            /* and of the last that the old core has taken */
	__u64 done_ns;         /* when it took that */
};

/* What the agent wants of an entry: that it move, as soon as no frame can be overtaken. */
struct vse_wish {
	__u32 number;          /* another one than the entry's `wish`: it is to be done */
	__u32 core;            /* where to; VSE_CORE_NONE: choose anew */
	__u32 reason;          /* codec's vse::code::Reason */
	__u32 pad;
};

/* Counters of an entry, on each CPU. */
struct vse_use {
	__u64 packets;
	__u64 bytes;
};

/* Counters of the datapath, on each CPU. */
struct vse_count {
	__u64 matched;
	__u64 missed;
	__u64 passed;          /* stayed on their core, matched or not */
	__u64 redirected;
	__u64 errors;          /* could not be parsed or redirected */
	__u64 moves;
	__u64 deferred;
	__u64 cached;          /* decided by the cache */
};

/* A core, as the agent knows it. Loads are in 256ths of a per mille, as in the engine. */
struct vse_core {
	__u32 load;
	__u32 provisional;     /* expected of flows just placed, those of `seen` included */
	__u32 n_priority;      /* priority flows that it carries, those of `seen` included */
	__u32 provisional_seen;        /* of vse_placed, as far as the agent knew it */
	__u32 n_priority_seen;
	__u16 flags;           /* VSE_CORE_* */
	__u16 n_vms;
};

#define VSE_CORE_ONLINE 0x1    /* frames can be sent to it */
#define VSE_CORE_ELIGIBLE 0x2
#define VSE_CORE_HIGH 0x4      /* highly loaded */

/* What the program placed on a core, since the maps were made; the numbers wrap. */
struct vse_placed {
	__u32 provisional;
	__u32 n_priority;
};

/* What happened to frames for a core, on each CPU. */
struct vse_core_count {
	__u64 redirected;      /* sent there */
	__u64 processed;       /* taken there, by its cpumap thread */
};

/* A decision about an exact flow. */
struct vse_decision {
	struct vse_key key;
	__u32 generation;
	__u32 rule;            /* VSE_NO_RULE: none matches */
};

/* In front of a redirected frame, for a program behind the cpumap. */
struct vse_meta {
	__u32 magic;           /* VSE_META_MAGIC */
	__u32 rxhash;
	__u32 slot;            /* entry of which `seq` is one, VSE_NO_RULE for none */
	__u32 pad;
	__u64 seq;
};

#define VSE_META_MAGIC 0x76736531u

/*
 * What the program does not need, kept with the maps for whoever reads the tables without an agent,
 * and for the next agent. A record is an OpenFlow message; see agent/src/datapath/xdp/records.rs.
 */
struct vse_record_key {
	__u32 kind;            /* VSE_RECORD_* */
	__u32 id;              /* slot, core or VM id; 0 where there is but one */
};

#define VSE_RECORD_DATAPATH 0
#define VSE_RECORD_FLOW 1
#define VSE_RECORD_CORE 2
#define VSE_RECORD_VM 3
#define VSE_RECORD_CONFIG 4

struct vse_record {
	__u32 len;             /* bytes of the message */
	__u32 pad;
	__u8 message[1024];
};

#endif

use proptest::prelude::*;

use super::*;
use crate::of10::{Body, FlowMod, FlowModCommand, Match, Message};

fn parse(text: &str) -> Flow {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_is_written_is_read() {
    for text in [
        "actions=drop",
        "priority=5,ip,nw_dst=10.0.0.1 actions=output:2",
        "tcp,in_port=1,dl_vlan=10,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,nw_src=10.0.0.0/8,nw_tos=32,tp_dst=80 \
         actions=mod_vlan_vid:7,strip_vlan,LOCAL",
        "arp,arp_tpa=10.0.0.1,arp_op=1 actions=CONTROLLER:128",
        "icmp,icmp_type=8,icmp_code=0 actions=enqueue:1:2",
        "vlan_tci=0x0000,dl_type=0x88b5 actions=FLOOD",
        "cookie=0x2a,idle_timeout=10,hard_timeout=60,send_flow_rem,check_overlap actions=NORMAL",
        "delete_strict priority=7,udp",
        "modify ip actions=mod_nw_tos:32,output:1",
        "vm_id=5,fcf_priority=1 actions=set_irq_core:auto",
        "ip,tun_type=vxlan,tun_id=0x10,inner_nw_dst=10.0.0.0/8,inner_dl_dst=02:00:00:00:01:00/ff:ff:ff:ff:ff:00 \
         actions=set_irq_core:2",
        "ip_frag=0x1/0x3,esp_spi=0x1000,inner_tp_dst=80 actions=set_fcf(vm_id=5,priority=1,carrier=vlan)",
        "vm_id=2 actions=set_irq_core:3,rxhash:0xb26e",
    ] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(parse(&text).to_string(), text);
        assert_eq!(parse(&text).to_exact_string(), text);
    }
}

#[test]
fn other_ways_to_write_it() {
    for (text, same) in [
        (
            "ip nw_dst=10.0.0.1 priority=5 actions=2",
            "priority=5,ip,nw_dst=10.0.0.1 actions=output:2",
        ),
        ("dl_type=0x0800,nw_proto=6,actions=local", "tcp actions=LOCAL"),
        ("add ip,nw_src=10.0.0.0/255.0.0.0,actions=drop", "ip,nw_src=10.0.0.0/8 actions=drop"),
        ("dl_vlan=0xffff,actions=controller", "vlan_tci=0x0000 actions=CONTROLLER:65535"),
        ("udp,tp_src=0x35,actions=1", "udp,tp_src=53 actions=output:1"),
        (
            " cookie=0x0, duration=1.2s, table=0, n_packets=3, n_bytes=4, idle_age=5, priority=9,ip actions=enqueue(1,2)",
            "priority=9,ip actions=enqueue:1:2",
        ),
    ] {
        assert_eq!(parse(text).to_string(), same);
    }
}

#[test]
fn a_caret_under_what_is_wrong() {
    for (text, under, message, help) in [
        (
            "nw_dst=10.0.0.1,actions=drop",
            "nw_dst=10.0.0.1",
            "ignored without ip",
            "write ip,nw_dst=10.0.0.1",
        ),
        ("ip,nw_tos=33,actions=drop", "33", "two low bits", "nw_tos=32"),
        (
            "ip,nw_src=10.1.2.3/8,actions=drop",
            "10.1.2.3/8",
            "behind its prefix",
            "nw_src=10.0.0.0/8",
        ),
        ("ip,nw_dts=10.0.0.1,actions=drop", "nw_dts=10.0.0.1", "no word", "did you mean nw_dst?"),
        ("ip,tcp,actions=drop", "tcp", "was set before, by ip", ""),
        (
            "dl_src=02:00:00:00:00:01/ff:ff:ff:00:00:00,actions=drop",
            "02:00:00:00:00:01/ff:ff:ff:00:00:00",
            "part of an Ethernet",
            "",
        ),
        ("ipv6,actions=drop", "ipv6", "cannot match ipv6", ""),
        ("priority=70000,actions=drop", "70000", "at most 65535", ""),
        ("ip", "", "no actions", "actions=drop"),
        ("actions=", "actions=", "has no actions", "actions=drop"),
        ("actions=drop,output:1", "drop", "with other actions", "alone"),
        ("actions=outptu:1", "outptu:1", "neither an action nor a port", "did you mean output?"),
        ("actions=goto_table:2", "goto_table:2", "cannot have", ""),
        ("actions=load:5->NXM_NX_REGO[]", "NXM_NX_REGO", "no field", "NXM_NX_REG"),
        ("actions=load:256->NXM_NX_REG0[0..7]", "256", "at most 255", ""),
        ("actions=move:NXM_NX_REG0[0..3]->NXM_NX_REG1[]", "NXM_NX_REG1[]", "4 bits go into 32", ""),
        ("actions=ct(comit)", "comit", "ct has no", "commit"),
        ("actions=ct(exec(resubmit(,300)))", "300", "at most 255", ""),
        ("actions=learn(table=1,NXM_OF_ETH_SRC[]=x)", "x", "neither bits of a field", ""),
        ("actions=learn", "learn", "needs an argument", "learn(table=1,"),
        ("actions=mod_vlan_pcp:9", "9", "at most 7", ""),
        ("actions=set_irq_core:maybe", "maybe", "must be a number", "set_irq_core:auto"),
        ("actions=set_fcf(priority=1)", "set_fcf(priority=1)", "needs a VM id", "set_fcf(vm_id=5"),
        ("vm_id=70000,actions=drop", "70000", "at most 65535", ""),
        ("fcf_carrier=pigeon,actions=drop", "pigeon", "not known", "tos or vlan"),
        ("tp_dst=80,ip,actions=drop", "tp_dst=80", "without tcp", "write tcp,tp_dst=80"),
        ("dl_vlan_pcp=3,actions=drop", "dl_vlan_pcp=3", "without dl_vlan", ""),
        ("set_fcf(,actions=drop", "(", "parentheses", ""),
        ("table=3,actions=drop", "3", "table 3", "table=0"),
        ("priority,actions=drop", "priority", "written otherwise", "priority="),
    ] {
        assert_points(&text.parse::<Flow>().unwrap_err(), text, [under, message, help]);
    }
}

/// The error points at `under` in `text`, and has these parts of a message and a help.
pub(super) fn assert_points(error: &FlowTextError, text: &str, parts: [&str; 3]) {
    let [under, message, help] = parts;
    assert_eq!(text.get(error.span()), Some(under), "{error}");
    assert!(error.message().contains(message), "{error}");
    assert!(error.help().unwrap_or_default().contains(help), "{error}");
}

#[test]
fn the_whole_diagnostic() {
    let error = "priority=5,nw_tos=33,ip,actions=drop".parse::<Flow>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "nw_tos=33 sets the two low bits, which are ECN's\n  \
           priority=5,nw_tos=33,ip,actions=drop\n  \
           \u{20}                 ^^\n  \
         help: nw_tos=32"
    );
}

#[test]
fn lenient_does_what_ovs_ofctl_does() {
    let options = Options { lenient: true, ..Options::default() };
    for (text, same, warnings) in [
        ("nw_dst=10.0.0.1,actions=drop", "actions=drop", 1),
        ("ip,nw_src=10.1.2.3/8,actions=drop", "ip,nw_src=10.0.0.0/8 actions=drop", 1),
        ("tp_dst=80,nw_tos=32,actions=drop", "actions=drop", 2),
        ("ip,actions=drop", "ip actions=drop", 0),
    ] {
        let (flow, told) = Flow::parse(text, options).unwrap();
        assert_eq!((flow.to_string().as_str(), told.len()), (same, warnings));
        let unmatched = Match { wildcards: flow.flow_mod.r#match.wildcards, ..Match::ANY };
        assert!(same != "actions=drop" || flow.flow_mod.r#match == unmatched);
    }
}

#[test]
fn files() {
    let text = "NXST_FLOW reply (xid=0x4):\n# a comment\n\n ip,actions=drop # why\ndelete udp\n";
    let flows = Flow::parse_lines(text, Options::default()).unwrap();
    assert_eq!(flows.len(), 2);
    assert_eq!(flows[1].0.flow_mod.command, FlowModCommand::Delete);
    let error = Flow::parse_lines("ip,actions=1\nip\n", Options::default()).unwrap_err();
    assert_eq!((error.line, error.error.message()), (2, "there are no actions"));
}

proptest! {
    #[test]
    fn exact_text_keeps_every_bit(
        head in any::<[u8; 32]>(),
        tail in any::<[u8; 32]>(),
        wildcards in prop_oneof![any::<u32>(), 0_u32..0x40_0000, Just(0x003f_ffff), Just(0x0038_20ff)],
        actions in prop::collection::vec(any::<[u8; 4]>(), 0..4),
    ) {
        let mut wire = Vec::new();
        wire.extend([1, 14, 0, u8::try_from(72 + 8 * actions.len()).unwrap(), 0, 0, 0, 1]);
        wire.extend(head);
        wire.extend(tail);
        wire[8..12].copy_from_slice(&wildcards.to_be_bytes());
        for body in &actions {
            wire.extend([0, body[0] % 14, 0, 8]);
            wire.extend(body);
        }
        let Ok((message, _)) = Message::decode(&wire) else { return Ok(()) };
        let flow = Flow::from_body(&message.body).unwrap();
        let exact = flow.to_exact_string();
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        let (again, _) = Flow::parse(&exact, options).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let mut out = Vec::new();
        Message::new(1, again.to_body()).encode(&mut out).unwrap();
        prop_assert_eq!(out, wire, "{}", exact);
    }

    #[test]
    fn any_text_is_a_flow_or_an_error(text in "[ -~]{0,60}|(ip|tcp|nw_src=|vm_id=|/|=|,|actions=|set_fcf|learn|ct|load:|->|NXM_NX_REG0|\\[|\\]|\\(|\\)|[0-9.]){0,20}") {
        for lenient in [false, true] {
            let options = Options { lenient, ..Options::default() };
            if let Err(error) = Flow::parse(&text, options) {
                prop_assert!(error.span().end <= text.len());
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn a_flow_without_vse_fields_is_plain() {
    assert!(matches!(parse("ip,actions=set_irq_core:2").to_body(), Body::FlowMod(FlowMod { .. })));
    let extended = parse("vm_id=5,actions=set_irq_core:2").to_body();
    assert!(matches!(&extended, Body::Vendor(_)));
    assert_eq!(Flow::from_body(&extended), Some(parse("vm_id=5,actions=set_irq_core:2")));
}

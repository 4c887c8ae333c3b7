use proptest::prelude::*;

use super::tests::assert_points;
use super::*;
use crate::nicira::generators::{any_match, sent_match};
use crate::nicira::match_words::takes_mask;
use crate::nicira::{FlowFormat, NxmEntry, NxmField, NxmMatch};
use crate::of10::Message;
use crate::types::Pad;

const NXM: Option<FlowFormat> = Some(FlowFormat::Nxm);

fn parse(text: &str, format: Option<FlowFormat>) -> Result<FlowMessage, FlowTextError> {
    FlowMessage::parse(text, Options::default(), format).map(|(flow, _)| flow)
}

fn nxm(text: &str) -> NxmFlow {
    match parse(text, NXM).unwrap_or_else(|error| panic!("{error}")) {
        FlowMessage::Nxm(flow) => flow,
        FlowMessage::Flow(flow) => panic!("{flow}"),
    }
}

fn wire(flow: &FlowMessage) -> Vec<u8> {
    let mut wire = Vec::new();
    Message::new(1, flow.to_body()).encode(&mut wire).unwrap();
    wire
}

fn with(r#match: NxmMatch) -> NxmFlow {
    let entry = "table=3,priority=9,cookie=0x2a,idle_timeout=5,send_flow_rem,out_port=3";
    NxmFlow { r#match, ..nxm(&format!("modify {entry},actions=drop")) }
}

proptest! {
    /// What Open vSwitch would send is printed, and what is printed is read as the same bytes.
    #[test]
    fn what_is_printed_is_read(sent in sent_match()) {
        let flow = FlowMessage::Nxm(with(sent));
        let text = flow.to_string();
        let again = parse(&text, NXM).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.to_string(), text.clone());
        prop_assert_eq!(wire(&again), wire(&flow), "{}", text);
        prop_assert_eq!(again.to_exact_string(), text);
    }

    #[test]
    fn exact_text_keeps_every_bit(any in any_match(), pad in any::<[u8; 6]>(), padded: bool) {
        let pad = if padded { Pad(pad) } else { Pad::default() };
        let flow = FlowMessage::Nxm(NxmFlow { pad, ..with(any) });
        let text = flow.to_exact_string();
        let again = parse(&text, NXM).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(wire(&again), wire(&flow), "{}", text);
        let (message, _) = Message::decode(&wire(&flow)).unwrap();
        prop_assert_eq!(FlowMessage::from_body(&message.body), Some(flow));
    }

    #[test]
    fn any_text_is_a_flow_or_an_error(
        text in "(ip|tcp6|reg0|NXM_NX_REG1|tun_metadata0|ct_state|tcp_flags|ip_frag|packet_type|nxm|cookie|=|/|,|0x|[0-9a-f.:]|\\+|-|\\||\\[|\\]|\\(|\\)|_W|syn|trk|no|actions=drop){0,20}"
    ) {
        for lenient in [false, true] {
            let options = Options { lenient, ..Options::default() };
            match FlowMessage::parse(&text, options, None) {
                Ok((flow, _)) => {
                    let exact = flow.to_exact_string();
                    let format = matches!(flow, FlowMessage::Nxm(_)).then_some(FlowFormat::Nxm);
                    prop_assert_eq!(parse(&exact, format), Ok(flow), "{}", exact);
                }
                Err(error) => {
                    prop_assert!(text.get(error.span()).is_some());
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }
    }
}

/// Each field by each of its words, whole and in part.
#[test]
fn every_field_is_read() {
    for field in NxmField::ALL {
        let before = match field.word {
            "ip_src" | "ip_dst" | "nw_tos" | "ip_dscp" | "nw_ecn" | "nw_ttl" | "ip_frag"
            | "nw_proto" => "ip,",
            "tcp_src" | "tcp_dst" | "tcp_flags" => "tcp,",
            "icmp_type" | "icmp_code" => "icmp,",
            "icmpv6_type" | "icmpv6_code" => "icmp6,",
            "nd_sll" => "icmp6,icmp_type=135,",
            word if word.starts_with("nd_") => "icmp6,icmp_type=136,",
            word if word.starts_with("nsh_") => "dl_type=0x894f,",
            word if word.starts_with("ipv6_") => "ipv6,",
            word if word.starts_with("arp_") => "arp,",
            word if word.starts_with("udp_") => "udp,",
            word if word.starts_with("sctp_") => "sctp6,",
            word if word.starts_with("mpls_") => "mpls,",
            word if word.starts_with("ct_tp_") => "ct_nw_proto=6,",
            "tun_erspan_idx" => "tun_erspan_ver=1,",
            "tun_erspan_dir" | "tun_erspan_hwid" => "tun_erspan_ver=2,",
            _ => "",
        };
        let len = if field.bytes == 0 { 3 } else { field.bytes };
        let mut value = vec![0; len];
        value[len - 1] = 1;
        let whole = NxmEntry::new(field, &value, None).unwrap();
        let part = NxmEntry::new(field, &value, Some(&value)).unwrap();
        let entries = [Some(whole), takes_mask(field.word).then_some(part)];
        for entry in entries.into_iter().flatten() {
            let read = nxm(&format!("modify {before}actions=drop"));
            let mut flow = read.clone();
            flow.r#match.entries.push(entry);
            let text = flow.to_string();
            let again = nxm(&text);
            // As in Open vSwitch: of flags that are set, those that are named count.
            let text = text.replace("tun_flags=oam", "tun_flags=+oam");
            assert_eq!(again.to_string(), text, "{}", field.name);
            assert!(again.r#match.entries.len() >= flow.r#match.entries.len(), "{text}");
        }
    }
}

/// The entries are those of `ovs-ofctl -mmm -F nxm parse-flow`.
#[test]
fn entries_are_those_of_open_vswitch() {
    for (text, entries) in [
        ("reg0=1", "NXM_NX_REG0(00000001)"),
        ("xreg0=5", "NXM_NX_REG0(00000000), NXM_NX_REG1(00000005)"),
        ("xxreg1=5/0xff", "NXM_NX_REG7_W(00000005/000000ff)"),
        ("NXM_NX_REG0[0..15]=5", "NXM_NX_REG0_W(00000005/0000ffff)"),
        ("reg3[31]=1", "NXM_NX_REG3_W(80000000/80000000)"),
        ("ip,nw_frag=later", "NXM_OF_ETH_TYPE(0800), NXM_NX_IP_FRAG(03)"),
        (
            "tcp,tcp_flags=+syn-ack",
            "NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(06), NXM_NX_TCP_FLAGS_W(0002/0012)",
        ),
        (
            "ct_state=+trk-new,ip,ct_zone=5,ct_mark=5/7,ct_label=5/0xff",
            "NXM_OF_ETH_TYPE(0800), NXM_NX_CT_STATE_W(00000020/00000021), NXM_NX_CT_ZONE(0005), \
             NXM_NX_CT_MARK_W(00000005/00000007), NXM_NX_CT_LABEL_W(\
             00000000000000000000000000000005/000000000000000000000000000000ff)",
        ),
        ("ct_state=trk|new", "NXM_NX_CT_STATE_W(00000021/000000ff)"),
        ("tun_flags=oam", "NXM_NX_TUN_FLAGS_W(0001/0001)"),
        ("dl_vlan=5", "NXM_OF_VLAN_TCI_W(1005/1fff)"),
        ("dl_vlan=5,dl_vlan_pcp=3", "NXM_OF_VLAN_TCI(7005)"),
        ("dl_vlan=0xffff", "NXM_OF_VLAN_TCI(0000)"),
        ("vlan_vid=5", "NXM_OF_VLAN_TCI_W(0005/1fff)"),
        ("vlan_pcp=3", "NXM_OF_VLAN_TCI_W(7000/f000)"),
        ("actset_output=LOCAL", "ONFOXM_ET_ACTSET_OUTPUT(fffffffe)"),
        (
            "icmp6,icmp_type=135,icmp_code=0,nd_target=::1,nd_sll=00:00:00:00:00:01",
            "NXM_OF_ETH_TYPE(86dd), NXM_OF_IP_PROTO(3a), NXM_NX_ICMPV6_TYPE(87), \
             NXM_NX_ICMPV6_CODE(00), NXM_NX_ND_TARGET(00000000000000000000000000000001), \
             NXM_NX_ND_SLL(000000000001)",
        ),
        (
            "arp,arp_spa=10.0.0.1,arp_op=1,arp_sha=00:00:00:00:00:01",
            "NXM_OF_ETH_TYPE(0806), NXM_OF_ARP_OP(0001), NXM_OF_ARP_SPA(0a000001), \
             NXM_NX_ARP_SHA(000000000001)",
        ),
        (
            "packet_type=(1,0x800),nw_src=10.0.0.1",
            "OXM_OF_PACKET_TYPE(00010800), NXM_OF_IP_SRC(0a000001)",
        ),
        ("ip,ip_dscp=8,nw_ecn=1", "NXM_OF_ETH_TYPE(0800), NXM_OF_IP_TOS(20), NXM_NX_IP_ECN(01)"),
        (
            "ip,nw_src=10.0.0.0/255.0.255.0",
            "NXM_OF_ETH_TYPE(0800), NXM_OF_IP_SRC_W(0a000000/ff00ff00)",
        ),
        (
            "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
            "NXM_OF_ETH_DST_W(010000000000/010000000000)",
        ),
        (
            "udp,tp_src=0x50/0xff",
            "NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(11), NXM_OF_UDP_SRC_W(0050/00ff)",
        ),
        (
            "delete cookie=0x5/-1,metadata=5",
            "OXM_OF_METADATA(0000000000000005), NXM_NX_COOKIE(0000000000000005)",
        ),
        (
            "NXM_OF_IP_DST_W(0a000000/ff000000),nxm(7ffe02020001)",
            "NXM_OF_IP_DST_W(0a000000/ff000000), nxm(7ffe02020001)",
        ),
        ("in_port=LOCAL,tun_id=5", "NXM_OF_IN_PORT(fffe), NXM_NX_TUN_ID(0000000000000005)"),
    ] {
        let flow = nxm(&format!("{text} actions=drop"));
        let ours: Vec<String> = flow.r#match.entries.iter().map(ToString::to_string).collect();
        assert_eq!(ours.join(", "), entries, "{text}");
    }
}

#[test]
fn the_words_choose_the_message() {
    for (text, is_nxm) in [
        ("ip,nw_dst=10.0.0.1,actions=drop", false),
        ("tun_id=5,actions=drop", false),
        ("ip_frag=1,actions=drop", false),
        ("actions=load:1->NXM_NX_REG0[]", false),
        ("tun_id=5,reg0=1,actions=drop", true),
        ("ip,ip_frag=first,actions=drop", true),
        ("tcp6,actions=drop", true),
        ("dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop", true),
        ("ip,nw_src=10.0.0.0/255.0.255.0,actions=drop", true),
        ("udp,tp_src=0x50/0xff,actions=drop", true),
        ("vlan_tci=0x1000/0x1000,actions=drop", true),
        ("table=3,ip,actions=drop", true),
        ("delete cookie=5/-1", true),
        ("NXM_OF_IN_PORT(0001),actions=drop", true),
    ] {
        let flow = parse(text, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(matches!(flow, FlowMessage::Nxm(_)), is_nxm, "{text}");
        let error = text.parse::<Flow>();
        assert_eq!(error.is_err(), is_nxm, "{text}: VSE's table cannot have it");
    }
    assert!(matches!(parse("tun_id=5,actions=drop", NXM), Ok(FlowMessage::Nxm(_))));
    assert!(parse("reg0=5,actions=drop", Some(FlowFormat::Openflow10)).is_err());
}

#[test]
fn a_caret_under_what_is_wrong() {
    for (text, under, message, help) in [
        ("reg0=x,actions=drop", "x", "must be a number", ""),
        ("reg0=0x1ffffffff,actions=drop", "0x1ffffffff", "reg0 has 32 bits", "0xffffffff"),
        ("reg0=1/0x1ffffffff,actions=drop", "0x1ffffffff", "longer than the 4 bytes", ""),
        ("reg0=0x10/0xf,actions=drop", "0x10/0xf", "its mask leaves out", "reg0=0x0/0xf"),
        ("reg0=1,reg0=2,actions=drop", "reg0=2", "set before, by reg0=1", ""),
        ("xreg0=1,reg1=2,actions=drop", "reg1=2", "set before, by xreg0=1", ""),
        ("reg99=1,actions=drop", "reg99=1", "no word of a flow", "did you mean reg9?"),
        ("reg0=1,ct_state=+trk+nwe,actions=drop", "nwe", "no flag of ct_state", "new, est"),
        ("reg0=1,ct_state=+trk-trk,actions=drop", "-trk", "said before", ""),
        ("tcp6,tcp_flags=syn|akc,actions=drop", "akc", "no flag of tcp_flags", "ack"),
        ("sctp,nw_frag=maybe,actions=drop", "maybe", "no kind of fragments", "not_later"),
        (
            "ipv6_src=::1,actions=drop",
            "ipv6_src=::1",
            "ignored without ipv6",
            "write ipv6,ipv6_src=::1",
        ),
        ("udp6,tcp_flags=syn,actions=drop", "tcp_flags=syn", "ignored without tcp", ""),
        (
            "reg0=1,tp_dst=80,actions=drop",
            "tp_dst=80",
            "ignored without tcp or udp",
            "tcp,tp_dst=80",
        ),
        ("udp6,tcp_dst=80,actions=drop", "tcp_dst=80", "ignored without tcp", ""),
        (
            "icmp6,icmp_type=135,nd_tll=00:00:00:00:00:01,actions=drop",
            "nd_tll=00:00:00:00:00:01",
            "ignored without icmp6,icmp_type=136",
            "",
        ),
        ("ipv6,ipv6_src=::1/200,actions=drop", "200", "no mask of ipv6_src", "0 to 128"),
        ("ipv6,nw_proto=6/7,actions=drop", "6/7", "cannot be matched in part", ""),
        ("ipv6,nw_tos=33,actions=drop", "33", "two low bits", "nw_tos=32"),
        ("vm_id=5,reg0=1,actions=drop", "vm_id=5", "vm_id is VSE's", "flows of their own"),
        ("NXM_NX_REG0[0..3]=16,actions=drop", "16", "does not fit 4 bits", ""),
        ("NXM_NX_REG0[0..32]=16,actions=drop", "NXM_NX_REG0[0..32]", "has 32 bits", ""),
        (
            "NXM_NX_REG0(01),actions=drop",
            "NXM_NX_REG0(01)",
            "4 bytes of hex digits",
            "NXM_NX_REG0_W",
        ),
        ("nxm(01),actions=drop", "01", "one whole entry", ""),
        ("packet_type=(1,x),actions=drop", "(1,x)", "no type of a packet", "(1,0x800)"),
        ("tun_metadata0=5,actions=drop", "5", "hexadecimal digits", "0x1234"),
        ("table=300,reg0=1,actions=drop", "300", "at most 255", ""),
        (
            "tun_metadata0=0x12/0x0f,actions=drop",
            "0x12/0x0f",
            "its mask leaves out",
            "tun_metadata0=0x2/0xf",
        ),
        ("reg0=1,cookie=5/-1,actions=drop", "cookie=5/-1", "an addition cannot match", "cookie=5"),
        ("reg0=1,actions=outptu:1", "outptu:1", "neither an action nor a port", "output"),
        ("reg0=1", "", "no actions", ""),
    ] {
        assert_points(&parse(text, None).unwrap_err(), text, [under, message, help]);
    }
}

#[test]
fn lenient_leaves_out_what_is_ignored() {
    let options = Options { lenient: true, ..Options::default() };
    for (text, same, warnings) in [
        ("ipv6_src=::1,reg0=0x10/0xf,actions=drop", "reg0=0/0xf actions=drop", 2),
        ("tcp6,nw_tos=33,actions=drop", "tcp6,nw_tos=32 actions=drop", 1),
    ] {
        let (flow, told) = FlowMessage::parse(text, options, None).unwrap();
        assert_eq!((flow.to_string().as_str(), told.len()), (same, warnings));
    }
}

#[test]
fn vse_tables_say_what_cannot_be_there() {
    let error = "ip,reg0=0x1,actions=drop".parse::<Flow>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "OpenFlow 1.0 and VSE's flow table cannot match reg0\n  \
           ip,reg0=0x1,actions=drop\n  \
           \u{20}  ^^^^^^^^\n  \
         help: an NXT_FLOW_MOD can: vsectl encode, vsectl craft openflow"
    );
}

use proptest::prelude::*;

use super::*;
use crate::nicira::NiciraActionType;
use crate::nicira::generators;
use crate::of10::Action;

fn read(text: &str) -> Result<Action, FlowTextError> {
    let flow: Flow = format!("actions={text}").parse()?;
    let [action] = <[Action; 1]>::try_from(flow.flow_mod.actions).unwrap();
    Ok(action)
}

fn wire(action: &Action) -> Vec<u8> {
    let mut wire = Vec::new();
    action.encode(&mut wire).unwrap();
    wire
}

/// Of every kind there are actions whose words say everything: they are read as the same bytes. Those
/// of which words lose something (padding, other headers) are read as the one that has all of its words.
#[test]
fn every_kind_is_read() {
    let (mut state, mut never) = (1_u64, Vec::new());
    // A nat stands in a ct alone.
    let kinds = NiciraActionType::ALL.iter().copied().filter(|it| *it != NiciraActionType::Nat);
    for subtype in kinds.chain([NiciraActionType::Unknown(200)]) {
        let mut same = 0;
        for _ in 0..400 {
            let bytes = (0..120).map(|_| {
                // Knuth's MMIX generator.
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            });
            let action = generators::action_of(subtype, bytes.collect());
            let text = action.to_string();
            let Ok(again) = read(&text) else { continue };
            assert_eq!(read(&again.to_string()).as_ref(), Ok(&again), "{text}");
            same += u32::from(wire(&again) == wire(&action));
        }
        if same == 0 {
            never.push(subtype);
        }
    }
    assert_eq!(never, []);
}

proptest! {
    #[test]
    fn what_is_read_is_read_again(action in generators::action()) {
        let text = action.to_string();
        if let Ok(again) = read(&text) {
            prop_assert_eq!(read(&again.to_string()), Ok(again));
        }
    }
}

/// In the words of ovs-actions(7), with every argument.
#[test]
fn words_are_read_as_they_are_printed() {
    for text in [
        "output(port=3,max_len=100)",
        "CONTROLLER:128",
        "controller(reason=no_match,max_len=128,id=5)",
        "controller(id=7)",
        "controller(max_len=128,id=5,userdata=01.02.ff,pause,meter_id=9)",
        "controller(pause)",
        "sample(probability=12,collector_set_id=3,obs_domain_id=4,obs_point_id=5)",
        "sample(probability=12,collector_set_id=3,obs_domain_id=4,obs_point_id=5,sampling_port=7)",
        "sample(probability=12,collector_set_id=3,obs_domain_id=4,obs_point_id=5,sampling_port=7,egress)",
        "sample(probability=12,collector_set_id=3,obs_domain_id=NXM_NX_REG0[0..15],obs_point_id=5,ingress)",
        "check_pkt_larger(1500)->NXM_NX_REG0[4]",
        "debug_slow",
        "debug_recirc",
        "nicira(200,010203040506)",
        "set_field:10.0.0.0/8->ip_src",
        "set_field:02:00:00:00:00:01/ff:ff:00:00:00:00->eth_src",
        "set_field:2001:db8::1->ipv6_dst",
        "set_field:0x5/0xff->ct_label",
        "set_field:syn|ack->tcp_flags",
        "set_field:+syn-ack->tcp_flags",
        "set_field:LOCAL->in_port",
        "set_field:0x1234->tun_metadata3",
        "set_field:nxm(7ffe02020001)",
        "output:NXOXM_ET_XXREG4[0..15]",
        "delete_field:tun_metadata5",
        "delete_field:0x7ffe0202",
        "move:0x7ffe0202[0..3]->NXM_NX_REG0[4..7]",
        "learn(table=1,ipv6_src=2001:db8::1,eth_dst=02:00:00:00:00:01,in_port=LOCAL,\
         NXM_NX_XXREG0[0..99]=0xfffffffffffffffffffffffff,load:0x123456789abcdef01->NXM_NX_XXREG1[])",
        "learn(table=1,limit=3,result_dst=NXM_NX_REG0[2],tcp_flags=syn)",
        "ct(commit,zone=5,nat(dst=[2001:db8::1]-[2001:db8::9]:80-90,hash),exec(set_field:0x5->ct_mark),alg=ftp)",
    ] {
        let action = read(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(action.to_string(), text);
        assert_eq!(Action::read(&wire(&action)).map(|(_, action)| action).ok(), Some(action));
    }
}

#[test]
fn other_ways_to_write_it() {
    for (text, same) in [
        ("pop_vlan", "strip_vlan"),
        ("set_vlan_vid:5", "mod_vlan_vid:5"),
        ("set_vlan_pcp:3", "mod_vlan_pcp:3"),
        ("set_mpls_ttl:5", "set_mpls_ttl(5)"),
        ("controller(max_len=100)", "CONTROLLER:100"),
        ("load:5->reg0[]", "load:0x5->NXM_NX_REG0[]"),
        ("load:5->xxreg4[8..15]", "set_field:0x500/0xff00->xxreg4"),
        ("output:in_port[]", "output:NXM_OF_IN_PORT[]"),
        ("move:nw_src[]->nw_dst[]", "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]"),
        ("set_field:5->dl_type", "set_field:0x5->eth_type"),
    ] {
        let action = read(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(action.to_string(), same);
    }
}

#[test]
fn a_caret_under_what_is_wrong() {
    for (text, under, message, help) in [
        ("controller(len=5)", "len=5", "controller has no", "max_len"),
        ("controller(reason=why)", "why", "no reason", "no_match"),
        ("controller(userdata=0g)", "0g", "hex digits", ""),
        ("sample(collector_set_id=1)", "sample(collector_set_id=1)", "a probability", "sample("),
        ("sample(probability=1,port=1)", "port=1", "sample has no", ""),
        ("sample(probability=1,obs_point_id=NXM_NX_XXREG0[])", "NXM_NX_XXREG0[]", "32 bits", ""),
        ("check_pkt_larger(1500)->NXM_NX_REG0[]", "NXM_NX_REG0[]", "32 bits, want one", "[0]"),
        ("check_pkt_larger(70000)->NXM_NX_REG0[0]", "70000", "at most 65535", ""),
        ("output(port=1,max_len=5)", "5", "at least 14", ""),
        ("output(port=controller,max_len=50)", "controller", "its own action", "controller:50"),
        ("set_field:300->nw_ttl", "300", "nw_ttl has 8 bits", ""),
        ("set_field:10.0.0.300->ip_src", "10.0.0.300", "no IPv4 address", ""),
        ("set_field:5->nw_ttll", "nw_ttll", "no field", "nw_ttl"),
        ("nicira(200,0102)", "0102", "multiple of 8 bytes", ""),
        ("learn(table=1,NXM_NX_REG0[0..3]=0x1f)", "0x1f", "does not fit 4 bits", ""),
        ("learn(table=1,eth_dst=02:00)", "02:00", "02:00", ""),
    ] {
        let text = format!("actions={text}");
        let error = text.parse::<Flow>().unwrap_err();
        assert_eq!(text.get(error.span()), Some(under), "{error}");
        assert!(error.message().contains(message), "{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{error}");
    }
}

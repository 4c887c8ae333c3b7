//! `vsectl flow parse`, and flow commands through `vsectl encode`.

use std::process::Command;

use codec::of10::Message;
use codec::text::FlowMessage;
use insta::assert_snapshot;

use crate::run::vsectl;

#[test]
fn normal_form() {
    assert_snapshot!(vsectl(&["flow", "parse", "ip nw_dst=10.0.0.1 priority=5 actions=2"], b""));
}

#[test]
fn hex_and_json() {
    let flow = "vm_id=5,actions=set_irq_core:auto";
    assert_snapshot!("hex", vsectl(&["flow", "parse", "-o", "hex", flow], b""));
    assert_snapshot!("json", vsectl(&["flow", "parse", "-o", "json", flow], b""));
}

#[test]
fn a_caret() {
    assert_snapshot!(vsectl(&["flow", "parse", "nw_dst=10.0.0.1,actions=drop"], b""));
}

#[test]
fn a_caret_in_a_file() {
    assert_snapshot!(vsectl(&["flow", "parse"], b"ip,actions=1\n\nip,actions=outptu:1\n"));
}

#[test]
fn lenient() {
    let args = ["flow", "parse", "--lenient", "nw_dst=10.0.0.1,actions=drop"];
    assert_snapshot!(vsectl(&args, b""));
}

#[test]
fn commands_encode() {
    let commands = b"# three ways\nadd-flow priority=5,ip,nw_dst=10.0.0.1,actions=output:2\n\
        mod-flows --strict ip,actions=drop\ndel-flows udp\n";
    assert_snapshot!(vsectl(&["encode", "--xid", "7"], commands));
}

#[test]
fn an_unknown_command() {
    assert_snapshot!(vsectl(&["encode", "dump-flows", "br0"], b""));
}

#[test]
fn what_encode_writes_print_reads() {
    let flow = "priority=5,ip,nw_dst=10.0.0.1,actions=output:2";
    let hex = vsectl(&["encode", "add-flow", flow], b"");
    assert_snapshot!(vsectl(&["print"], &hex.stdout));
}

/// ovs-ofctl reads what we write, and means the same by it.
#[test]
fn ovs_ofctl_agrees() {
    for flow in [
        "actions=drop",
        "priority=5,ip,nw_dst=10.0.0.1 actions=output:2",
        "tcp,in_port=1,dl_vlan=10,dl_vlan_pcp=3,dl_src=02:00:00:00:00:01,nw_src=10.0.0.0/8,\
         nw_tos=32,tp_dst=80 actions=mod_vlan_vid:7,strip_vlan,LOCAL",
        "arp,arp_tpa=10.0.0.1,arp_op=1 actions=CONTROLLER:128",
        "icmp,icmp_type=8,icmp_code=0 actions=enqueue:1:2",
        "vlan_tci=0x0000,dl_type=0x88b5 actions=FLOOD",
        "cookie=0x2a,idle_timeout=10,hard_timeout=60,send_flow_rem,check_overlap actions=NORMAL",
        "udp,tp_src=53 actions=mod_dl_src:02:00:00:00:00:01,mod_dl_dst:02:00:00:00:00:02,\
         mod_nw_src:10.0.0.1,mod_nw_dst:10.0.0.2,mod_nw_tos:32,mod_tp_src:1,mod_tp_dst:2,IN_PORT",
        "actions=resubmit:2,resubmit(,1),resubmit(3,4),exit",
        "actions=load:0x7->NXM_NX_REG0[0..15],move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],\
         load:0->NXM_NX_TUN_ID[]",
        "actions=set_tunnel:0x2a,set_tunnel64:0x123456789,output:NXM_NX_REG0[0..15],\
         set_queue:1,pop_queue",
        "actions=note:01.02.03,multipath(symmetric_l4,50,modulo_n,4,0,NXM_NX_REG2[0..1]),\
         bundle(eth_src,0,active_backup,ofport,members:1,2)",
        "actions=bundle_load(symmetric_l4,10,hrw,ofport,NXM_NX_REG3[0..15],members:1,2),\
         push:NXM_NX_REG6[],pop:NXM_NX_REG7[0..7]",
        "ip actions=dec_ttl,dec_ttl(1,2),ct_clear,ct(table=4,zone=5),output:1",
        "ip actions=ct(commit,zone=NXM_NX_REG4[0..15],nat(src=192.0.2.1-192.0.2.9:1024-65535,random),\
         exec(load:0x1->NXM_NX_CT_MARK[])),ct(nat)",
        "actions=learn(table=6,idle_timeout=10,hard_timeout=60,priority=5,cookie=0x1,\
         NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],\
         load:NXM_OF_IN_PORT[]->NXM_NX_REG5[0..15],output:NXM_OF_IN_PORT[])",
        "actions=learn(table=1,send_flow_rem,delete_learned,eth_type=0x800,nw_proto=6,ip_dst=10.0.0.1,\
         NXM_NX_REG0[3..5]=2,load:0x5->NXM_NX_REG1[])",
        "tcp actions=fin_timeout(idle_timeout=5,hard_timeout=6)",
        "actions=clone(load:0x5->NXM_NX_REG8[],output:1),output:2",
        "actions=conjunction(3,1/2)",
    ] {
        let ours = vsectl(&["flow", "parse", "-o", "hex", flow], b"");
        assert_eq!(ours.status, Some(0), "{ours}");
        let print = ovs_ofctl(&["ofp-print", ours.text().trim()]);
        let parse = ovs_ofctl(&["-F", "OpenFlow10-table_id", "parse-flow", flow]);
        let entry = |text: &str| text.split_once("): ").expect("a flow_mod").1.trim().to_owned();
        assert_eq!(entry(&print), entry(&parse), "{flow}");
    }
}

/// Entry by entry, an extended match is what ovs-ofctl makes of the same words; and ovs-ofctl reads what
/// is printed.
#[test]
fn extended_matches_are_those_of_ovs_ofctl() {
    for flow in [
        "reg0=1,reg3=0x5/0xff,reg15=7,xreg2=0x123456789,xxreg2=0x1/0xff",
        "NXM_NX_REG0[0..15]=5,reg1[31]=1",
        "tcp,tcp_flags=+syn-ack,tp_dst=0x50/0xfff0",
        "tcp6,tcp_flags=syn|ack,tcp_src=80,ipv6_src=2001:db8::/32,ipv6_dst=::1/ffff::ffff,ipv6_label=5",
        "ip,nw_frag=no,nw_ttl=64,nw_tos=32,nw_ecn=1,nw_src=10.0.0.0/255.0.255.0",
        "ip,nw_frag=later,ip_dscp=8",
        "ip,nw_frag=yes",
        "ip,nw_frag=not_later,nw_proto=47",
        "tun_id=5/7,tun_src=10.0.0.1,tun_dst=10.0.0.0/8,tun_flags=oam,tun_gbp_id=5,tun_gbp_flags=3",
        "tun_ipv6_src=::1,tun_ipv6_dst=2001:db8::/32,tun_flags=-oam",
        "ct_state=+trk-new,ip,ct_zone=5,ct_mark=5/7,ct_label=5/0xff",
        "ct_state=trk|new",
        "ct_state=+trk+est,tcp,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.0/8,ct_nw_proto=6,ct_tp_dst=80",
        "ct_state=+trk-inv,ipv6,ct_ipv6_src=::1,ct_nw_proto=17,ct_tp_src=53",
        "dl_vlan=5",
        "dl_vlan=5,dl_vlan_pcp=3",
        "dl_vlan_pcp=3",
        "vlan_tci=0x1000/0x1000",
        "vlan_tci=0x0000,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
        "vlan_vid=5",
        "vlan_vid=0x1005,vlan_pcp=3",
        "mpls,mpls_label=5,mpls_tc=3,mpls_bos=1,mpls_ttl=6",
        "mplsm,mpls_label=5",
        "packet_type=(1,0x800),nw_src=10.0.0.1",
        "packet_type=(1,0x86dd),ipv6_src=::1",
        "icmp6,icmp_type=135,icmp_code=0,nd_target=::1,nd_sll=00:00:00:00:00:01",
        "icmp6,icmpv6_type=136,icmpv6_code=0,nd_reserved=5,nd_options_type=3,nd_tll=00:00:00:00:00:01",
        "icmp,icmp_type=8,icmp_code=0,reg0=1",
        "arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/8,arp_sha=00:00:00:00:00:01,\
         arp_tha=00:00:00:00:00:02/00:00:00:00:00:ff",
        "rarp,arp_op=3",
        "sctp,tp_src=5",
        "sctp6,sctp_dst=5",
        "udp,udp_src=5",
        "udp,tp_src=0x50/0xff",
        "dl_type=0x894f,nsh_flags=1,nsh_ttl=3,nsh_mdtype=1,nsh_np=3,nsh_spi=5,nsh_si=5,nsh_c1=5/7,nsh_c4=1",
        "in_port=LOCAL,actset_output=5,metadata=5/7,pkt_mark=6,recirc_id=5,conj_id=5,dp_hash=5/7",
        "in_port=7,priority=7,table=3,cookie=0x2a,idle_timeout=5,hard_timeout=6,send_flow_rem",
    ] {
        let flow = format!("{flow},actions=resubmit(,5)");
        let entry = |text: &str| text.split_once("): ").expect("a flow_mod").1.trim().to_owned();
        let theirs = |text: &str| entry(&ovs_ofctl(&["-mmm", "-F", "nxm", "parse-flow", text]));
        let ours = |form| {
            let ran = vsectl(&["flow", "parse", "--flow-format", "nxm", "-o", form, &flow], b"");
            assert_eq!(ran.status, Some(0), "{ran}");
            ran.text().trim().to_owned()
        };
        let hex = ours("hex");
        let json = vsectl(&["print", "-o", "json", &hex], b"");
        let message: Message = serde_json::from_str(json.text()).expect("a message");
        let Some(FlowMessage::Nxm(read)) = FlowMessage::from_body(&message.body) else {
            panic!("{message}");
        };
        let entries: Vec<String> = read.r#match.entries.iter().map(ToString::to_string).collect();
        let by_entries = theirs(&flow);
        assert!(by_entries.contains(&entries.join(", ")), "{flow}: {by_entries}, {entries:?}");
        // What is printed, both read, and mean the same by it.
        assert_eq!(theirs(&ours("text")), by_entries, "{flow}");
        let print = ovs_ofctl(&["ofp-print", &hex]);
        assert_eq!(entry(&print), entry(&ovs_ofctl(&["-F", "nxm", "parse-flow", &flow])), "{flow}");
        assert_eq!(vsectl(&["print", &hex], b"").text(), print, "{flow}");
    }
}

fn ovs_ofctl(args: &[&str]) -> String {
    let ran = Command::new("ovs-ofctl")
        .args(args)
        .output()
        .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("ovs-ofctl writes UTF-8")
}

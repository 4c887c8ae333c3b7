//! `vsectl flow parse`, and flow commands through `vsectl encode`.

use std::process::Command;

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

fn ovs_ofctl(args: &[&str]) -> String {
    let ran = Command::new("ovs-ofctl")
        .args(args)
        .output()
        .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("ovs-ofctl writes UTF-8")
}

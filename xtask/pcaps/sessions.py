"""OpenFlow sessions with Open vSwitch: of os-ken with a script (controller.py), and of ovs-ofctl."""

import contextlib
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

import vse_wire as vse
from recording import (DEADLINE, inside, keep, namespaces, program, recording, run, sysctl,
                       wait_for)
from switch import switch

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE = "vse-pcaps"

# Capture, and the scenario of controller.py where it has another name.
SCENARIOS = {
    "handshake": None,
    "flow-mods": None,
    "flow-removed": None,
    "errors": None,
    "statistics": None,
    "ports": None,
    "packets": None,
    "vendor-refused": None,
    "packet-out-bare": None,
    "packet-out-framed": None,
    "packet-out-signed": None,
    "packet-out-tagged": None,
    "packet-out-refused": None,
    "nicira-controller": None,
    "snaplen-60": "flow_mods",
    "snaplen-140": "flow_mods",
    "sll": "handshake",
    "sll2": "handshake",
}
# What the peer behind the switch sees is recorded too.
WITH_ARRIVAL = {"packet-out-framed", "packet-out-signed", "packet-out-tagged"}
# Where tcpdump captures, and its options.
TCPDUMP = {
    "snaplen-60": ["lo", "-s", "60"],
    "snaplen-140": ["lo", "-s", "140"],
    "sll": ["any", "-y", "LINUX_SLL"],
    "sll2": ["any", "-y", "LINUX_SLL2"],
}


def scenario(made, name):
    with tempfile.TemporaryDirectory(prefix="vse-pcaps-") as folder:
        session = pathlib.Path(folder) / f"{name}.pcap"
        arrival = pathlib.Path(folder) / f"{name}-arrival.pcap"
        interface, *options = TCPDUMP.get(name, ["lo"])
        with contextlib.ExitStack() as stack:
            stack.enter_context(
                recording(NAMESPACE, interface, session, "tcp port 6653", *options))
            if name in WITH_ARRIVAL:
                tagged = "ether proto 0x88b5 or vlan"
                stack.enter_context(recording(NAMESPACE, "q1", arrival, tagged))
            play = SCENARIOS[name] or name.replace("-", "_")
            with inside(NAMESPACE):
                controller = subprocess.Popen([sys.executable, HERE / "controller.py", play],
                                              cwd=HERE, env=made.environment)
            made.vsctl("set-controller br0 tcp:127.0.0.1:6653")
            made.vsctl("set controller br0 max_backoff=1000")
            try:
                status = controller.wait(DEADLINE)
            finally:
                controller.kill()
            made.vsctl("del-controller br0")
            made.ofctl("-O OpenFlow10 del-flows br0")
        if status:
            sys.exit(f"record: {name} failed")
        for path in [session, arrival]:
            if path.exists():
                keep(path.read_bytes(), path.name)


@contextlib.contextmanager
def listening(made, name, target="tcp:127.0.0.1:6653", expression="tcp port 6653", interface="lo"):
    """A recording of what ovs-ofctl says to the switch, which listens at TARGET."""
    passive = target.split(":", 1)[1]
    address, port = passive.rsplit(":", 1)
    made.vsctl(f"set-controller br0 ptcp:{port}:{address}")
    with tempfile.TemporaryDirectory(prefix="vse-pcaps-") as folder:
        path = pathlib.Path(folder) / f"{name}.pcap"
        with recording(NAMESPACE, interface, path, expression):

            def ofctl(words, flows=None):
                # With names it would ask for 254 tables first.
                made.ofctl("--no-names " + words.replace("SWITCH", target), input=flows, text=True,
                           stdout=subprocess.DEVNULL)

            yield ofctl
        keep(path.read_bytes(), path.name)
    made.vsctl("del-controller br0")
    made.ofctl("-O OpenFlow10 del-flows br0")


FLOWS = """\
cookie=0x2a,priority=100,tcp,nw_src=10.0.0.0/8,tp_dst=0x50/0xfff0,reg1=0x5,actions=load:0x7->NXM_NX_REG0[0..15],move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],resubmit:2,resubmit(,1)
table=1,priority=90,tun_id=0x2a/0xffffff,tun_src=192.0.2.1,tun_dst=192.0.2.2,actions=set_tunnel:0x2a,set_tunnel64:0x123456789,output:NXM_NX_REG0[0..15]
table=1,priority=80,udp6,ipv6_src=2001:db8::/32,ipv6_label=0x12345,tp_src=53,actions=set_field:2001:db8::1->ipv6_dst,dec_ttl,output:1
table=1,priority=70,icmp6,icmp_type=135,nd_target=2001:db8::2,nd_sll=00:00:5e:00:53:01,actions=note:00.56.53.45,controller(reason=no_match,max_len=64,id=7)
table=2,priority=60,arp,arp_op=1,arp_sha=00:00:5e:00:53:01,arp_spa=192.0.2.1,actions=move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],load:2->NXM_OF_ARP_OP[],in_port
table=2,priority=50,ip,ip_frag=later,nw_ttl=64,nw_ecn=1,actions=multipath(symmetric_l4,50,modulo_n,4,0,NXM_NX_REG2[0..1]),bundle(eth_src,0,active_backup,ofport,slaves:1,2)
table=2,priority=40,ip,actions=bundle_load(symmetric_l4,10,hrw,ofport,NXM_NX_REG3[0..15],slaves:1,2),fin_timeout(idle_timeout=5),set_queue:1,pop_queue
table=3,priority=30,ct_state=-trk,ip,actions=ct(table=4,zone=5)
table=4,priority=30,ct_state=+trk+new,ct_zone=5,ip,actions=ct(commit,zone=NXM_NX_REG4[0..15],nat(src=192.0.2.1-192.0.2.9:1024-65535,random),exec(load:0x1->NXM_NX_CT_MARK[])),output:2
table=4,priority=29,ct_state=+trk+est,ct_mark=0x1/0x1,ct_label=0x5,tcp,actions=ct(nat,alg=ftp),ct_clear,output:1
table=5,priority=20,actions=learn(table=6,idle_timeout=10,hard_timeout=60,priority=5,cookie=0x1,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG5[0..15],output:NXM_OF_IN_PORT[])
table=6,priority=20,dl_type=0x8847,actions=pop_mpls:0x0800,push_mpls:0x8847,set_mpls_ttl(9),dec_mpls_ttl
table=6,priority=19,vlan_tci=0x1005/0x1fff,actions=push:NXM_NX_REG6[],pop:NXM_NX_REG7[0..31],sample(probability=12345,collector_set_id=1,obs_domain_id=2,obs_point_id=3)
table=7,priority=10,metadata=0x5/0xff,actions=clone(set_field:5->reg8,output:1),write_metadata:0x7/0xff
table=7,priority=9,conj_id=3,ip,actions=output(port=1,max_len=100),exit
table=7,priority=8,tcp,tcp_flags=+syn-ack,actions=conjunction(3,1/2)
table=7,priority=7,pkt_mark=0x1,actions=check_pkt_larger(1400)->NXM_NX_REG9[0],dec_ttl(1,2),output:1
table=7,priority=6,tun_metadata0=0x5,actions=set_field:0x1234->tun_metadata0,delete_field:tun_metadata0,output:1
"""


def maps_no_options(made):
    """Removes the switch's map of tunnel options, which it refuses as long as a flow has one: also one
    that is deleted, until no thread of the switch looks at it any more."""
    try:
        made.ofctl("-O OpenFlow10 del-tlv-map br0", stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        return False
    return True


def nicira_flows(made):
    with listening(made, "nicira-flows") as ofctl:
        ofctl("add-tlv-map SWITCH {class=0x0102,type=0x80,len=4}->tun_metadata0")
        ofctl("dump-tlv-map SWITCH")
        ofctl("-F nxm add-flows SWITCH -", FLOWS)
        ofctl("-F nxm dump-flows SWITCH")
        ofctl("-F nxm dump-aggregate SWITCH table=4")
        ofctl("-F nxm mod-flows SWITCH table=7,reg8=5,actions=drop")
        ofctl("-F nxm --strict del-flows SWITCH table=7,priority=6,tun_metadata0=0x5")
        wait_for("the end of the deleted flow's options", lambda: maps_no_options(made))
        ofctl("del-tlv-map SWITCH")
        ofctl("ct-flush-zone SWITCH 5")


def nicira_table_id(made):
    """OpenFlow 1.0 matches with Nicira's table number in the command, and Nicira actions in them."""
    with listening(made, "nicira-table-id") as ofctl:
        ofctl("-F openflow10+table_id add-flow SWITCH "
              "table=3,priority=5,ip,nw_dst=192.0.2.1,actions=resubmit(,4),load:1->NXM_NX_REG0[]")
        ofctl("dump-flows SWITCH table=3")
        ofctl("-F openflow10+table_id del-flows SWITCH table=3")


@contextlib.contextmanager
def monitor(made, *words, target="tcp:127.0.0.1:6653"):
    """ovs-ofctl monitor, and a way to send bytes through it."""
    control = str(made.folder / "monitor.ctl")
    output = made.folder / "monitor.out"
    with open(output, "w") as out, contextlib.ExitStack() as stack:
        with inside(NAMESPACE):
            process = stack.enter_context(program(
                "ovs-ofctl", "--no-names", "monitor", target, *words, f"--unixctl={control}",
                env=made.environment, stdout=out, stderr=out))
        wait_for("the monitor", pathlib.Path(control).exists)
        tell = ["ovs-appctl", "-t", control]

        def send(message):
            run(*tell, "ofctl/send", message.hex(), stdout=subprocess.DEVNULL)

        def barrier():
            run(*tell, "ofctl/barrier", stdout=subprocess.DEVNULL)

        barrier()
        yield send, barrier, lambda: output.read_text(errors="replace")
        barrier()
        run(*tell, "exit")
        process.wait(DEADLINE)


def nicira_monitor(made):
    with listening(made, "nicira-monitor") as ofctl:
        ofctl("add-flow SWITCH priority=1,reg1=5,actions=resubmit(,1)")
        with monitor(made, "watch:!own") as (send, barrier, _):
            ofctl("add-flow SWITCH cookie=0x2a,tcp,actions=learn(table=1,NXM_OF_IN_PORT[]),2")
            ofctl("mod-flows SWITCH tcp,actions=output:1")
            ofctl("del-flows SWITCH tcp")
            send(vse.nicira(21, 0x77, struct.pack("!I", 0)))  # NXT_FLOW_MONITOR_CANCEL
            barrier()
            ofctl("del-flows SWITCH")


FRAME = bytes.fromhex(
    "00005e00530200005e005301" "0800" "45000024000040004011b6b1c0000201c0000202"
    "c35000350010000056534521564d0005") + bytes(10)


def from_peer(frame):
    with inside(NAMESPACE):
        peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        peer.bind(("q1", 0))
    peer.send(frame)
    peer.close()


def packet_in(form):
    def record(made):
        name = form.replace("_", "-").replace("nxt", "nicira")
        with listening(made, name) as ofctl:
            actions = "set_field:5->reg1,set_field:0x2a->tun_id,set_field:7->metadata"
            last = ("controller(userdata=00.56.53.45,max_len=128),controller(pause)"
                    if form == "nxt_packet_in2" else "controller(max_len=32)")
            ofctl(f"add-flow SWITCH cookie=0x2a,in_port=1,actions={actions},{last},resubmit(,1)")
            ofctl("add-flow SWITCH table=1,actions=output:2")
            words = ["65534", "-P", form] + (["resume"] if form == "nxt_packet_in2" else [])
            with monitor(made, *words) as (_, _, output):
                from_peer(FRAME)
                wait_for(form, lambda: "PACKET_IN" in output())
                time.sleep(0.1)
    return record


def openflow13(made):
    with listening(made, "openflow13-session") as ofctl:
        made.vsctl("set bridge br0 protocols=OpenFlow10,OpenFlow13")
        flow = "priority=5,ip,nw_dst=192.0.2.1,actions=write_actions(output:1),goto_table:1"
        ofctl("-O OpenFlow13 add-group SWITCH group_id=1,type=all,bucket=output:1")
        ofctl(f"-O OpenFlow13 --bundle add-flow SWITCH {flow}")
        ofctl("-O OpenFlow13 dump-flows SWITCH")
        ofctl("-O OpenFlow13 dump-group-stats SWITCH")
        ofctl("-O OpenFlow13 del-groups SWITCH")
        made.vsctl("set bridge br0 protocols=OpenFlow10")


def openflow_ipv6(made):
    with listening(made, "openflow-ipv6", "tcp:[::1]:6653", "ip6 and tcp port 6653") as ofctl:
        ofctl("show SWITCH")
        ofctl("add-flow SWITCH ip,nw_dst=192.0.2.1,actions=output:1")
        ofctl("dump-flows SWITCH")


def openflow_other_port(made):
    with listening(made, "openflow-other-port", "tcp:127.0.0.1:16633", "tcp port 16633") as ofctl:
        ofctl("add-flow SWITCH ip,nw_dst=192.0.2.1,actions=output:1")
        ofctl("dump-flows SWITCH")


CAPTURES = {name: lambda made, name=name: scenario(made, name) for name in SCENARIOS}
CAPTURES |= {
    "nicira-flows": nicira_flows,
    "nicira-table-id": nicira_table_id,
    "nicira-monitor": nicira_monitor,
    "nicira-packet-in": packet_in("nxt_packet_in"),
    "nicira-packet-in2": packet_in("nxt_packet_in2"),
    "openflow13-session": openflow13,
    "openflow-ipv6": openflow_ipv6,
    "openflow-other-port": openflow_other_port,
}


def record(names):
    with namespaces(NAMESPACE), switch(NAMESPACE) as made:
        for port, peer in [("p1", "q1"), ("p2", "q2")]:
            run("ip", "-n", NAMESPACE, "link", "add", port, "type", "veth", "peer", "name", peer)
            for end in [port, peer]:
                sysctl(NAMESPACE, f"net.ipv6.conf.{end}.disable_ipv6=1")
                run("ip", "-n", NAMESPACE, "link", "set", end, "up")
        made.bridge("br0", "02:00:00:00:00:ff")
        made.port("br0", "p1", 1)
        made.port("br0", "p2", 2)
        for name in names:
            CAPTURES[name](made)

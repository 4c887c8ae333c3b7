"""A controller with a script: one scenario in one session with one switch, then it ends.

Run by record.py, which records the session: controller.py SCENARIO.
"""

import os
import socket
import struct
import subprocess
import sys

from os_ken import cfg
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub
from os_ken.ofproto import ofproto_v1_0

import vse_wire as vse

DEADLINE = 20
ETH_P_ALL = 3
PEER = bytes.fromhex("020000000002")
CONTROLLER = bytes.fromhex("020000000001")
KEY = b"sixteen bytes or more"


# os-ken's handler of ERROR compares with this name, which its OpenFlow 1.0 module lacks.
ofproto_v1_0.OFPET_EXPERIMENTER = 0xFFFF


class Script(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_0.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.messages = hub.Queue()
        self.started = False

    @set_ev_cls(ofp_event.EventOFPStateChange, MAIN_DISPATCHER)
    def connected(self, event):
        if not self.started:
            self.started = True
            self.datapath = event.datapath
            self.ofp = event.datapath.ofproto
            self.parser = event.datapath.ofproto_parser
            hub.spawn(self.play)

    @set_ev_cls(
        [
            ofp_event.EventOFPErrorMsg,
            ofp_event.EventOFPGetConfigReply,
            ofp_event.EventOFPBarrierReply,
            ofp_event.EventOFPDescStatsReply,
            ofp_event.EventOFPFlowStatsReply,
            ofp_event.EventOFPAggregateStatsReply,
            ofp_event.EventOFPTableStatsReply,
            ofp_event.EventOFPPortStatsReply,
            ofp_event.EventOFPQueueStatsReply,
            ofp_event.EventOFPQueueGetConfigReply,
            ofp_event.EventOFPPacketIn,
            ofp_event.EventOFPFlowRemoved,
            ofp_event.EventOFPPortStatus,
            ofp_event.EventOFPEchoReply,
        ],
        [CONFIG_DISPATCHER, MAIN_DISPATCHER],
    )
    def arrived(self, event):
        self.messages.put(event.msg)

    def play(self):
        try:
            with hub.Timeout(DEADLINE):
                getattr(self, "play_" + sys.argv[1].replace("-", "_"))()
                self.barrier()
            status = 0
        except BaseException as error:  # the session must end, whatever went wrong
            print(f"{sys.argv[1]}: {error!r}", file=sys.stderr)
            status = 1
        self.datapath.socket.shutdown(socket.SHUT_RDWR)
        os._exit(status)

    # What a scenario is made of.

    def send(self, message):
        self.datapath.send_msg(message)

    def send_bytes(self, data):
        self.datapath.send(data)

    def expect(self, kind):
        """The next message of that kind; others are let pass."""
        while True:
            message = self.messages.get()
            if type(message).__name__ == kind:
                return message

    def barrier(self):
        self.send(self.parser.OFPBarrierRequest(self.datapath))
        self.expect("OFPBarrierReply")

    def flow(self, match, actions, command=None, **fields):
        command = self.ofp.OFPFC_ADD if command is None else command
        self.send(
            self.parser.OFPFlowMod(
                self.datapath, match=match, command=command, actions=actions, **fields
            )
        )

    # The scenarios.

    def play_handshake(self):
        """HELLO, FEATURES and SET_CONFIG were sent by os-ken."""
        self.send(self.parser.OFPGetConfigRequest(self.datapath))
        self.expect("OFPGetConfigReply")
        self.send(self.parser.OFPEchoRequest(self.datapath, data=b"are you there"))
        self.expect("OFPEchoReply")

    def play_flow_mods(self):
        p, o = self.parser, self.ofp
        tcp = p.OFPMatch(in_port=1, dl_vlan=10, dl_vlan_pcp=3, dl_type=0x0800, nw_tos=32,
                         nw_proto=6, nw_src="10.0.0.0", nw_src_mask=8, nw_dst="10.0.0.2",
                         tp_src=80, tp_dst=8080,
                         dl_src="02:00:00:00:00:01", dl_dst="02:00:00:00:00:02")
        self.flow(tcp, [
            p.OFPActionVlanVid(7), p.OFPActionVlanPcp(3),
            p.OFPActionSetDlSrc("02:00:00:00:00:03"), p.OFPActionSetDlDst("02:00:00:00:00:04"),
            p.OFPActionSetNwSrc("10.0.0.3"), p.OFPActionSetNwDst("10.0.0.4"),
            p.OFPActionSetNwTos(32), p.OFPActionSetTpSrc(81), p.OFPActionSetTpDst(82),
            p.OFPActionOutput(1, 0), p.OFPActionEnqueue(1, 7), p.OFPActionStripVlan(),
            p.OFPActionOutput(o.OFPP_CONTROLLER, 128), p.OFPActionOutput(o.OFPP_FLOOD, 0),
        ], cookie=0x2A, idle_timeout=10, hard_timeout=60, priority=5,
            flags=o.OFPFF_SEND_FLOW_REM | o.OFPFF_CHECK_OVERLAP)
        udp = p.OFPMatch(dl_type=0x0800, nw_proto=17)
        arp = p.OFPMatch(dl_type=0x0806, nw_proto=1, nw_dst="10.0.0.1")
        self.flow(udp, [p.OFPActionOutput(o.OFPP_NORMAL, 0)], priority=100)
        self.flow(arp, [])
        self.flow(udp, [p.OFPActionOutput(o.OFPP_LOCAL, 0)], o.OFPFC_MODIFY)
        self.flow(udp, [p.OFPActionOutput(o.OFPP_IN_PORT, 0)], o.OFPFC_MODIFY_STRICT,
                  priority=100)
        self.flow(arp, [], o.OFPFC_DELETE_STRICT)
        self.flow(p.OFPMatch(), [], o.OFPFC_DELETE, out_port=1)
        self.expect("OFPFlowRemoved")

    def play_flow_removed(self):
        p, o = self.parser, self.ofp
        self.flow(p.OFPMatch(dl_type=0x88B5), [], idle_timeout=1, cookie=0x1D1E,
                  flags=o.OFPFF_SEND_FLOW_REM)
        self.flow(p.OFPMatch(dl_type=0x88B6), [], hard_timeout=1, cookie=0x4A2D,
                  flags=o.OFPFF_SEND_FLOW_REM)
        self.expect("OFPFlowRemoved")
        self.expect("OFPFlowRemoved")

    def play_errors(self):
        p, o = self.parser, self.ofp
        self.flow(p.OFPMatch(dl_type=0x0800), [], flags=o.OFPFF_CHECK_OVERLAP)
        self.flow(p.OFPMatch(in_port=1), [], flags=o.OFPFF_CHECK_OVERLAP)
        self.expect("OFPErrorMsg")
        self.flow(p.OFPMatch(), [p.OFPActionSetNwTos(33)])
        self.expect("OFPErrorMsg")
        self.flow(p.OFPMatch(), [], 9)
        self.expect("OFPErrorMsg")
        self.send_bytes(vse.message(18, 0x64, b"too long"))
        self.expect("OFPErrorMsg")

    def play_statistics(self):
        p, o = self.parser, self.ofp
        self.flow(p.OFPMatch(dl_type=0x0800), [p.OFPActionOutput(1, 0)], cookie=1)
        self.flow(p.OFPMatch(dl_type=0x0806), [], cookie=2)
        self.barrier()
        everything = p.OFPMatch()
        for request, reply in [
            (p.OFPDescStatsRequest(self.datapath, 0), "OFPDescStatsReply"),
            (p.OFPFlowStatsRequest(self.datapath, 0, everything, 0xFF, o.OFPP_NONE),
             "OFPFlowStatsReply"),
            (p.OFPAggregateStatsRequest(self.datapath, 0, everything, 0xFF, o.OFPP_NONE),
             "OFPAggregateStatsReply"),
            (p.OFPTableStatsRequest(self.datapath, 0), "OFPTableStatsReply"),
            (p.OFPPortStatsRequest(self.datapath, 0, o.OFPP_NONE), "OFPPortStatsReply"),
            (p.OFPQueueStatsRequest(self.datapath, 0, o.OFPP_ALL, o.OFPQ_ALL),
             "OFPQueueStatsReply"),
        ]:
            self.send(request)
            self.expect(reply)
        vendor = struct.pack("!HHIH6x", 0xFFFF, 0, vse.VENDOR, 2)
        self.send_bytes(vse.message(16, 0x55, vendor + struct.pack("!H6x", vse.AUTO)))
        self.expect("OFPErrorMsg")

    def play_ports(self):
        p, o = self.parser, self.ofp
        port = self.datapath.ports[1]
        down = o.OFPPC_PORT_DOWN
        self.send(p.OFPPortMod(self.datapath, 1, port.hw_addr, down, down, 0))
        self.expect("OFPPortStatus")
        self.send(p.OFPPortMod(self.datapath, 1, port.hw_addr, 0, down, 0))
        self.expect("OFPPortStatus")
        for command in ["del-port br0 p2", "add-port br0 p2"]:
            subprocess.run(["ovs-vsctl", "--no-wait", *command.split()], check=True)
            self.expect("OFPPortStatus")
        self.send(p.OFPQueueGetConfigRequest(self.datapath, 1))
        self.expect("OFPQueueGetConfigReply")

    def play_packets(self):
        p, o = self.parser, self.ofp
        self.flow(p.OFPMatch(in_port=1), [p.OFPActionOutput(o.OFPP_CONTROLLER, 32)])
        self.barrier()
        arp = bytes.fromhex("ffffffffffff02000000000208060001080006040001020000000002"
                            "0a0000020000000000000a000001") + bytes(18)
        self.send_from_peer(arp)
        self.expect("OFPPacketIn")
        self.send(p.OFPPacketOut(self.datapath, buffer_id=o.OFP_NO_BUFFER, in_port=o.OFPP_NONE,
                                 actions=[p.OFPActionOutput(1, 0)], data=arp))
        self.flow(p.OFPMatch(in_port=1), [], o.OFPFC_DELETE)
        self.barrier()
        self.send_from_peer(arp)

    def play_vendor_refused(self):
        self.send_bytes(vse.vendor(1, 0x71))
        self.expect("OFPErrorMsg")
        self.send_bytes(vse.flow_mod(0x72, vse.match_any(), vse.set_irq_core(2)))
        self.expect("OFPErrorMsg")

    def play_packet_out_bare(self):
        flow = vse.flow_mod(0x81, vse.match_ip_destination("10.0.0.1"), vse.set_irq_core(2))
        self.send_bytes(vse.packet_out(0x81, flow))
        flow = vse.extended_flow_mod(0x82, vse.match_any(), vse.vm_id_tlv(5),
                                     vse.set_irq_core(vse.AUTO))
        self.send_bytes(vse.packet_out(0x82, flow))
        self.send_bytes(vse.packet_out(0x83, vse.barrier_request(0x83)))

    def play_packet_out_refused(self):
        """The ERROR has the PACKET_OUT, and so the FLOW_MOD in it."""
        flow = vse.flow_mod(0x84, vse.match_ip_destination("10.0.0.1"), vse.set_irq_core(2))
        self.send_bytes(vse.packet_out(0x84, flow, vse.set_tos(33)))
        self.expect("OFPErrorMsg")
        frame = vse.frame(PEER, CONTROLLER, 9, flow)
        self.send_bytes(vse.packet_out(0x85, frame, vse.set_irq_core(2)))
        self.expect("OFPErrorMsg")

    def play_nicira_controller(self):
        """What ovs-ofctl never says: roles, identifiers, asynchronous messages, NXT_FLOW_REMOVED."""
        for role in [1, 2, 0, 9]:
            self.send_bytes(vse.nicira(10, 0xA0 + role, struct.pack("!I", role)))
        self.expect("OFPErrorMsg")
        self.send_bytes(vse.nicira(20, 0xB0, struct.pack("!6xH", 7)))
        self.send_bytes(vse.nicira(16, 0xB1, struct.pack("!I", 1)))
        self.send_bytes(vse.nicira(19, 0xB2, struct.pack("!6I", 7, 7, 7, 7, 7, 0)))
        both = struct.pack("!HHIHHI", 0, 8, 7, 1, 8, 7)
        self.send_bytes(vse.nicira(27, 0xB8, both))
        self.send_bytes(vse.nicira(12, 0xB3, struct.pack("!I", 2)))
        self.send_bytes(vse.nicira(18, 0xB4))
        match = (vse.nxm(0, 3, "0800") + vse.nxm(0, 7, "0a000000", "ff000000")
                 + vse.nxm(1, 1, "00000005"))
        self.send_bytes(vse.nicira_flow_mod(0xB5, match, flags=1))
        self.barrier()
        self.send_bytes(vse.nicira_flow_mod(0xB6, match, command=3))
        self.barrier()
        self.send_bytes(vse.nicira(0x7777, 0xB7, b"no such subtype"))
        self.expect("OFPErrorMsg")

    def play_packet_out_framed(self):
        self.answer(None)

    def play_packet_out_signed(self):
        self.answer(KEY)

    def play_packet_out_tagged(self):
        """The switch tags the signed frame, as it would mark any with VM 5 and its priority."""
        o = self.ofp
        tag = struct.pack("!HHH2x", o.OFPAT_SET_VLAN_VID, 8, 5)
        tag += struct.pack("!HHB3x", o.OFPAT_SET_VLAN_PCP, 8, 4)
        self.answer(KEY, tag, bytes.fromhex("81008005"))

    def answer(self, key, actions=b"", tag=b""):
        """A framed FLOW_MOD to the peer, whose answer comes back as PACKET_IN."""
        p, o = self.parser, self.ofp
        to_controller = [p.OFPActionOutput(o.OFPP_CONTROLLER, 0xFFFF)]
        self.flow(p.OFPMatch(in_port=1, dl_type=vse.ETHERTYPE), to_controller)
        self.barrier()
        peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        peer.bind(("q1", ETH_P_ALL))
        match = vse.match_ip_destination("10.0.0.1")
        request = vse.flow_mod(0x91, match, vse.set_irq_core(2)) + vse.barrier_request(0x92)
        frame = vse.frame(PEER, CONTROLLER, 9, request, key, 1)
        self.send_bytes(vse.packet_out(0x91, frame, actions + vse.output(1)))
        # The kernel takes the tag off what a packet socket receives.
        while peer.recv(65535) != frame:
            pass
        reply = vse.frame(CONTROLLER, PEER, 9, vse.barrier_reply(0x92), key, 1)
        reply = reply[:12] + tag + reply[12:]
        peer.send(reply)
        packet_in = self.expect("OFPPacketIn")
        assert packet_in.data.startswith(reply), packet_in

    def send_from_peer(self, frame):
        peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        peer.bind(("q1", 0))
        peer.send(frame)
        peer.close()


if __name__ == "__main__":
    cfg.CONF(args=["--ofp-listen-host=127.0.0.1", "--ofp-tcp-listen-port=6653"], project="os_ken")
    app_manager.AppManager.run_apps([__name__ if __name__ != "__main__" else "controller"])

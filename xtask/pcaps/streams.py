"""TCP as it should not be: a recorded OpenFlow session, cut into segments anew that come in another
order, twice, or not at all. Linux without netem makes no such stream by itself."""

import scapy.all as scapy

import savefile
from recording import PCAPS, keep

SWITCH, CONTROLLER = 0, 1
MACS = ["00:00:5e:00:53:01", "00:00:5e:00:53:02"]
HOSTS = ["192.0.2.1", "192.0.2.2"]


class Stream:
    """The frames of a TCP connection from a switch to its controller."""

    def __init__(self, frames, begins=(1000, 5000), port=6653, source_port=50000):
        self.frames = frames
        self.ports = [source_port, port]
        self.begins = list(begins)
        # What each side has said, so that an acknowledgement is right.
        self.said = [0, 0]

    def open(self):
        self.frame(SWITCH, -1, b"", "S", [("MSS", 1460)])
        self.frame(CONTROLLER, -1, b"", "SA", [("MSS", 1460)])
        self.frame(SWITCH, 0, b"", "A")
        return self

    def close(self):
        for side in [CONTROLLER, SWITCH]:
            self.frame(side, self.said[side], b"", "FA")
            self.said[side] += 1
        self.frame(CONTROLLER, self.said[CONTROLLER], b"", "A")

    def say(self, side, data):
        """A segment in its turn."""
        self.segment(side, self.said[side], data)

    def segment(self, side, at, data):
        """A segment whose first byte is the one AT of what this side says."""
        self.frame(side, at, data, "PA")
        self.said[side] = max(self.said[side], at + len(data))

    def frame(self, side, at, data, flags, options=()):
        other = 1 - side
        acknowledged = self.begins[other] + self.said[other] if "A" in flags else 0
        self.frames.append(bytes(
            scapy.Ether(src=MACS[side], dst=MACS[other])
            / scapy.IP(src=HOSTS[side], dst=HOSTS[other], id=len(self.frames) + 1, flags="DF")
            / scapy.TCP(sport=self.ports[side], dport=self.ports[other], flags=flags, window=64240,
                        seq=(self.begins[side] + at) % 2**32, ack=acknowledged % 2**32,
                        options=list(options))
            / data))


def said():
    """What each side says in the recorded session, as one string of bytes."""
    sides = [b"", b""]
    for _, frame in savefile.read(PCAPS / "flow-mods.pcap")[1]:
        segment = scapy.Ether(frame)[scapy.TCP]
        data = bytes(segment.payload)
        sides[CONTROLLER if segment.sport == 6653 else SWITCH] += data
    return sides


def write(name, frames):
    keep(savefile.pcap(frames), f"{name}.pcap")


def session(name, arrange, size=100, **begin):
    """A session in which the controller's bytes are cut into segments of SIZE, which ARRANGE
    sends."""
    def record():
        frames, sides = [], said()
        stream = Stream(frames, **begin).open()
        stream.say(SWITCH, sides[SWITCH][:8])
        data = sides[CONTROLLER]
        arrange(stream, [(at, data[at:at + size]) for at in range(0, len(data), size)])
        stream.say(SWITCH, sides[SWITCH][8:])
        stream.close()
        write(name, frames)
    return record


def in_order(stream, segments):
    for at, data in segments:
        stream.segment(CONTROLLER, at, data)


def out_of_order(stream, segments):
    """Neighbours exchanged, then one that comes four places late, then all backwards."""
    first, late, last = segments[:4], segments[4:9], segments[9:]
    order = [first[1], first[0], first[3], first[2], *late[1:], late[0], *reversed(last)]
    in_order(stream, order)


def retransmitted_overlap(stream, segments):
    """Each kind of segment that brings again what was there already."""
    data = b"".join(part for _, part in segments)
    pieces = [
        (0, 100), (0, 100),  # the same again
        (100, 200), (150, 250),  # half old, half new
        (160, 180),  # within what is there
        (260, 300), (250, 320),  # fills the gap in front, and brings more behind
        (319, 320),  # a keep-alive has one old byte
        (320, 400), (300, 500),  # around all of it
        (0, 500),  # all from the beginning
        (500, len(data)),
    ]
    in_order(stream, [(begin, data[begin:end]) for begin, end in pieces])


def gap_resync(stream, segments):
    """Two segments are lost for good. The one behind the first begins in the middle of a message
    and has the header of the next in it; the one behind the second begins with a header."""
    data = b"".join(part for _, part in segments)
    starts = beginnings(data)
    lost, aligned = starts[3] + 20, starts[7]
    pieces = [
        (0, lost), (starts[4] + 30, starts[5] + 40),
        (starts[5] + 40, starts[6] + 10), (aligned, len(data)),
    ]
    in_order(stream, [(begin, data[begin:end]) for begin, end in pieces])


def beginnings(data):
    """Where each message begins."""
    starts, at = [], 0
    while at < len(data):
        starts.append(at)
        at += int.from_bytes(data[at + 2:at + 4], "big")
    return starts


def mid_stream():
    """No handshake, and the first byte is in the middle of a message."""
    frames, sides = [], said()
    data = sides[CONTROLLER]
    starts = beginnings(data)
    stream = Stream(frames)
    stream.segment(CONTROLLER, starts[2] + 30, data[starts[2] + 30:starts[4] + 12])
    stream.say(CONTROLLER, data[starts[4] + 12:])
    stream.segment(SWITCH, 8, sides[SWITCH][8:])
    write("openflow-mid-stream", frames)


def lookalikes():
    """Other protocols whose first octets are those of a version, a type and a length."""
    frames = []

    def connection(port, first, answer, *more):
        stream = Stream(frames, port=port, source_port=50000 + len(frames)).open()
        stream.say(SWITCH, bytes.fromhex(first))
        stream.say(CONTROLLER, bytes.fromhex(answer))
        for data in more:
            stream.say(SWITCH, bytes.fromhex(data))
        stream.close()

    # S7 in COTP in TPKT (RFC 1006): a connection, then a job; two pieces of one.
    connection(102, "03000016 11e0000000 0100c0010ac1020100c2020102",
               "03000016 11d0000100 0100c0010ac1020100c2020102",
               "0300001902f080 32010000000000080000f0000001000101e0")
    connection(102, "0300000802f00032 0300001802f080 010000000000080000f0000001000101e0",
               "0300000802f00032 0300000802f08003")
    # Diameter (RFC 6733): a request for capabilities, and its answer.
    connection(3868, "01000034 80000101 00000000 00000001 00000001"
                     "00000108 4000000c 686f7374 00000128 4000000f 7265616c6d313200",
               "01000020 00000101 00000000 00000001 00000001 0000010c 4000000c 000007d1")
    # TDS: a batch of SQL, and its results.
    batch = "select 1".encode("utf-16-le").hex()
    connection(1433, f"01010018 00000100 {batch}", "04010011 00330100 fd1000c10001000000",
               f"01010018 00000100 {batch}")
    write("openflow-lookalikes", frames)


CAPTURES = {
    "openflow-lookalikes": lookalikes,
    "openflow-out-of-order": session("openflow-out-of-order", out_of_order, size=60),
    "openflow-retransmitted-overlap": session(
        "openflow-retransmitted-overlap", retransmitted_overlap),
    "openflow-sequence-wrap": session(
        "openflow-sequence-wrap", in_order, begins=(2**32 - 4, 2**32 - 330)),
    "openflow-gap-resync": session("openflow-gap-resync", gap_resync),
    "openflow-mid-stream": mid_stream,
}


def record(names):
    for name in names:
        CAPTURES[name]()

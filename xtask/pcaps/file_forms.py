"""One session, handshake.pcap, in every form that a capture comes in, broken ones included."""

import gzip
import struct
import subprocess

import savefile as form
from crafted import with_bytes
from recording import PCAPS, keep

RAW_IP = 101
# The private enterprise number for examples, RFC 5612.
EXAMPLE = 32473
USER_COMMENT = "for the reader of this capture"


def session(name="handshake"):
    return form.read(PCAPS / f"{name}.pcap")


def rewritten(**how):
    linktype, frames = session()
    stamps = [stamp + number for number, (stamp, _) in enumerate(frames)]
    return form.pcap([frame for _, frame in frames], linktype, stamps=stamps, **how)


def sections():
    """Two sections of different byte order; the first has two interfaces of different resolution."""
    _, frames = session()
    packets = session("raw-ip")[1]
    little, big = "<", ">"
    out = [
        form.section(little, (form.COMMENT, b"two interfaces"), (2, b"by hand"), (3, b"Linux"),
                     (4, b"vsectl's golden captures")),
        form.interface(little, form.ETHERNET, 262144, (2, b"lo"), (3, b"the control network"),
                       (9, b"\x06"), (11, b"\x00tcp port 6653")),
        form.interface(little, RAW_IP, 0, (2, b"tun0"), (9, b"\x09")),
    ]
    for stamp, frame in frames[:8]:
        out.append(form.enhanced(little, 0, stamp // 1000, frame))
    stamp, frame = frames[8]
    out.append(form.enhanced(little, 0, stamp // 1000, frame, (form.COMMENT, b"the features"),
                             (form.COMMENT, b"a second comment"), (2, struct.pack("<I", 1)),
                             (2988, struct.pack("<I", EXAMPLE) + b"a custom option")))
    for stamp, packet in packets:
        out.append(form.enhanced(little, 1, stamp, packet))
    out += [
        form.block(little, form.NAMES, struct.pack("<HH", 1, 14) + form.padded(
            bytes([192, 0, 2, 1]) + b"switch-1\0\0") + bytes(4)),
        form.block(little, form.CUSTOM, struct.pack("<I", EXAMPLE) + b"kept when copied"),
        form.block(little, form.CUSTOM_NOT_COPIED, struct.pack("<I", EXAMPLE) + b"not to be copied"),
        form.block(little, 0x80000001, b"of nobody's specification   "),
        form.simple(little, frames[9][1]),
        form.block(little, form.STATISTICS, struct.pack("<III", 0, 0, 0) + form.options(
            little, (4, struct.pack("<Q", len(frames))), (5, struct.pack("<Q", 2)))),
        form.section(big),
        # 2^-20 seconds, counted from a second before the frames.
        form.interface(big, form.ETHERNET, 60, (9, b"\x94"),
                       (14, struct.pack(">q", frames[0][0] // 10**9 - 1))),
    ]
    begin = (frames[0][0] // 10**9 - 1) * 10**9
    for stamp, frame in frames[10:]:
        units = (stamp - begin) * 2**20 // 10**9
        out.append(form.enhanced(big, 0, units, frame[:60], original=len(frame)))
    return b"".join(out)


def whole():
    return (PCAPS / "handshake.pcap").read_bytes()


def records(data):
    """Where each record begins."""
    at, starts = 24, []
    while at < len(data):
        starts.append(at)
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    return starts


def zstandard(data):
    return subprocess.run(["zstd", "-q", "-c", "-19"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def truncated():
    """Cut within the last record but two."""
    return whole()[:records(whole())[-3] + 40]


def corrupt():
    """The tenth record says that it has 2^31 bytes."""
    return with_bytes(whole(), records(whole())[9] + 8, struct.pack("<I", 0x80000000))


def corrupt_pcapng():
    """The last block's second length is not its first."""
    data = sections()
    return data[:-4] + struct.pack(">I", 17)


FORMS = {
    "form-big-endian.pcap": lambda: rewritten(order=">"),
    "form-nanoseconds.pcap": lambda: rewritten(nanoseconds=True),
    "form-nanoseconds-big-endian.pcap": lambda: rewritten(order=">", nanoseconds=True),
    "form-sections.pcapng": sections,
    "form-gzip.pcap.gz": lambda: gzip.compress(whole(), mtime=0),
    # Two members, as log rotation and cat make them; the cut is within a record.
    "form-gzip-members.pcap.gz": lambda: (
        gzip.compress(whole()[:1000], mtime=0) + gzip.compress(whole()[1000:], mtime=0)),
    "form-gzip-cut.pcap.gz": lambda: gzip.compress(whole(), mtime=0)[:-300],
    "form-zstd.pcap.zst": lambda: zstandard(whole()),
    "form-zstd.pcapng.zst": lambda: zstandard(sections()),
    "form-truncated.pcap": truncated,
    "form-truncated.pcapng": lambda: sections()[:-50],
    "form-corrupt.pcap": corrupt,
    "form-corrupt.pcapng": corrupt_pcapng,
    "form-empty.pcap": lambda: whole()[:24],
}
CAPTURES = {name.split(".")[0] if name.endswith(".pcap") else name: name for name in FORMS}


def record(names):
    for name in names:
        keep(FORMS[CAPTURES[name]](), CAPTURES[name])

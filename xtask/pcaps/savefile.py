"""Reads and writes pcap and pcapng by their specifications alone, in every form that they allow."""

import datetime
import struct

ETHERNET = 1
BEGIN = int(datetime.datetime(2026, 11, 22, 9, tzinfo=datetime.timezone.utc).timestamp())
STEP = 1_000_000
SNAPLEN = 262144


def times(count):
    """A millisecond from frame to frame."""
    return [BEGIN * 10**9 + number * STEP for number in range(count)]


def pcap(frames, linktype=ETHERNET, order="<", nanoseconds=False, stamps=None):
    """The bytes of a savefile."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, SNAPLEN, linktype)]
    for stamp, frame in zip(stamps or times(len(frames)), frames):
        parts.append(record(frame, stamp, order, nanoseconds))
    return b"".join(parts)


def record(frame, stamp, order="<", nanoseconds=False, original=None):
    seconds, rest = divmod(stamp, 10**9)
    fraction = rest if nanoseconds else rest // 1000
    length = len(frame) if original is None else original
    return struct.pack(order + "IIII", seconds, fraction, len(frame), length) + frame


def read(path):
    """Link type, and (time in nanoseconds, bytes) of each frame of a savefile."""
    data = path.read_bytes()
    order = "<" if data[0] in (0xD4, 0x4D) else ">"
    magic, _, _, _, _, _, linktype = struct.unpack_from(order + "IHHiIII", data)
    unit = 1 if magic == 0xA1B23C4D else 1000
    frames, at = [], 24
    while at < len(data):
        seconds, fraction, length, _ = struct.unpack_from(order + "IIII", data, at)
        frames.append((seconds * 10**9 + fraction * unit, data[at + 16:at + 16 + length]))
        at += 16 + length
    return linktype, frames


# pcapng: draft-ietf-opsawg-pcapng.

SECTION, INTERFACE, SIMPLE, NAMES, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 3, 4, 5, 6
CUSTOM, CUSTOM_NOT_COPIED = 0x0BAD, 0x40000BAD
COMMENT = 1


def padded(data):
    return data + bytes(-len(data) % 4)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + padded(value)


def options(order, *pairs):
    """An option list with its end, or nothing."""
    if not pairs:
        return b""
    return b"".join(option(order, *pair) for pair in pairs) + struct.pack(order + "HH", 0, 0)


def block(order, kind, body):
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order, *pairs):
    return block(order, SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
                 + options(order, *pairs))


def interface(order, linktype, snaplen, *pairs):
    return block(order, INTERFACE, struct.pack(order + "HHI", linktype, 0, snaplen)
                 + options(order, *pairs))


def enhanced(order, number, units, frame, *pairs, original=None):
    length = len(frame) if original is None else original
    head = struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(frame), length)
    return block(order, ENHANCED, head + padded(frame) + options(order, *pairs))


def simple(order, frame):
    return block(order, SIMPLE, struct.pack(order + "I", len(frame)) + padded(frame))

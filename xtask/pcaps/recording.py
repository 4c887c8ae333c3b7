"""Programs, network namespaces and tcpdump, each ended or removed with the block that needs it."""

import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PCAPS = TOP / "pcaps"
DEADLINE = 30
# KiB: in immediate mode a frame takes as much of it as the snap length.
BUFFER = "32768"
CLONE_NEWNET = 0x40000000


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"record: {what} did not happen within {DEADLINE} s")
        time.sleep(0.02)


@contextlib.contextmanager
def program(*command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def namespaces(*names):
    """Adds network namespaces, and removes them with all interfaces in them."""
    with contextlib.ExitStack() as stack:
        for name in names:
            run("ip", "netns", "add", name)
            stack.callback(run, "ip", "netns", "delete", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield


@contextlib.contextmanager
def inside(name):
    """What is opened or started in this block is in that network namespace."""
    with open("/proc/self/ns/net") as before, open(f"/run/netns/{name}") as namespace:
        enter(namespace)
        try:
            yield
        finally:
            enter(before)


def enter(namespace):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


def wire(left, right, mtu=1500):
    """A veth pair between two (namespace, interface, MAC address). Checksums and segments are
    made in software, so that captures hold what a real wire would."""
    (namespace, interface, _), (peer_namespace, peer, _) = left, right
    run("ip", "link", "add", interface, "netns", namespace, "type", "veth",
        "peer", "name", peer, "netns", peer_namespace)
    for namespace, interface, mac in [left, right]:
        run("ip", "-n", namespace, "link", "set", interface, "address", mac, "mtu", str(mtu))
        with inside(namespace):
            run("ethtool", "-K", interface, "tx", "off", "rx", "off", "gro", "off",
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sysctl(namespace, *settings):
    with inside(namespace):
        run("sysctl", "-qw", *settings)


@contextlib.contextmanager
def recording(namespace, interface, path, expression="", *options):
    """Captures until nothing is left to capture."""
    log = path.with_suffix(".log")
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(open(log, "w"))
        with inside(namespace):
            stack.enter_context(program(
                "tcpdump", "-i", interface, "-U", "--immediate-mode", "-B", BUFFER, "-Z", "root",
                "-w", str(path), *options, *expression.split(), stderr=errors))
        wait_for("tcpdump", lambda: "listening on" in log.read_text())
        yield
        size = -1

        def quiet():
            nonlocal size
            before, size = size, path.stat().st_size
            time.sleep(0.2)
            return size == before

        wait_for("the end of the traffic", quiet)
    if "\n0 packets dropped by kernel" not in log.read_text():
        sys.exit(f"record: {path.name} lacks packets: tcpdump was too slow, try again")


@contextlib.contextmanager
def capture(name, namespace, interface, expression="", *options):
    """Records pcaps/NAME.pcap, or leaves the old one where the block fails."""
    with tempfile.TemporaryDirectory(prefix="vse-pcaps-") as folder:
        path = pathlib.Path(folder) / f"{name}.pcap"
        with recording(namespace, interface, path, expression, *options):
            yield
        keep(path.read_bytes(), path.name)


def keep(data, name):
    (PCAPS / name).write_bytes(data)
    print(f"pcaps/{name}: {len(data)} bytes", flush=True)


def environment(**variables):
    return dict(os.environ, **variables)

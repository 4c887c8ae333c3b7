"""Hands a unix socket on to a TCP port of the loopback interface, where tcpdump sees what is said:
socket_relay.py PATH PORT."""

import contextlib
import socket
import sys
import threading


def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def main():
    path, port = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", int(port)))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for ends in [(client, server), (server, client)]:
                threading.Thread(target=pump, args=ends, daemon=True).start()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()

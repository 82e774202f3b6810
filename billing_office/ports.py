"""Ports of the embedded servers: their own, on loopback, never the well-known ones."""

import random
import socket

from billing_office.embedded import ServersDidNotStart

PORTS = range(20000, 30000)


def free_port() -> int:
    """Return a port on loopback that nobody listens on, not among the well-known or the outgoing ones."""
    for _ in range(200):
        port = random.choice(PORTS)  # noqa: S311 - a port, not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServersDidNotStart(f"no free port between {PORTS.start} and {PORTS.stop} on 127.0.0.1")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a port of loopback."""
    with socket.socket() as probe:
        # As the servers do: a port whose last connections are still fading away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

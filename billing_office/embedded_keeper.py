"""The process that keeps the embedded servers up, and stops them when the last lease is given back."""

import contextlib
import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from billing_office import embedded, embedded_servers


def _log(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _wait_for_last_lease(var: Path, over: threading.Event) -> None:
    lease = (var / "servers.lease").open("w")
    fcntl.flock(lease, fcntl.LOCK_EX)
    # Never closed: a newcomer's lease waits on this lock until this process has ended.
    _HELD.append(lease)
    over.set()


_HELD: list[object] = []


def keep(var: Path, *, durable: bool) -> int:
    """Run until no lease is left; restart a server that died. Returns the exit code."""
    keeper_lock = (var / "servers.keeper").open("a")
    fcntl.flock(keeper_lock, fcntl.LOCK_EX)
    over = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    servers = embedded_servers.Servers(var=var, durable=durable)
    try:
        servers.start()
    except embedded.ServersDidNotStart as problem:
        servers.stop()
        print(str(problem).splitlines()[0], flush=True)
        _log(str(problem))
        return 1
    print("ready", flush=True)
    # Whoever started us stops reading here.
    with contextlib.suppress(OSError):
        os.close(1)
    _log("servers are up")
    # The servers are told when the thread that made them ends: that is this one, so another waits.
    threading.Thread(target=_wait_for_last_lease, args=(var, over), daemon=True).start()
    try:
        while not over.wait(0.3):
            for name in servers.restart_dead():
                _log(f"{name} had died and was started again")
    except embedded.ServersDidNotStart as problem:
        _log(str(problem))
        return 1
    finally:
        servers.stop()
        _log("servers are stopped")
    return 0


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), durable=sys.argv[2] != "quick"))

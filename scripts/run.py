"""Start or stop an office: look at the port, prepare the checkout, hand over to the supervisor.

    python3 scripts/run.py start [--port N] [--accounts N] [--city NAME]
    python3 scripts/run.py stop [--city NAME]

Only the standard library is used: on a fresh machine this runs before anything is installed.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"


def number(text: str) -> int:
    """Read a count of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def port(text: str) -> int:
    """Read a port."""
    if number(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 1 to 65535")
    return int(text)


def city(text: str) -> str:
    """Read a city's name, which becomes the name of a folder."""
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name: small letters, digits, - and _")
    return text


def port_is_taken(wanted: int) -> bool:
    """True when another program listens on this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return True
    return False


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py")
    parser.add_argument("act", choices=["start", "stop"])
    parser.add_argument("--port", type=port, default=8000)
    parser.add_argument("--accounts", type=number, default=5000)
    parser.add_argument("--city", type=city, default="")
    given = parser.parse_args(arguments)
    if given.city:
        os.environ["OFFICE_VAR"] = f"var/cities/{given.city}"
    if given.act == "start":
        if port_is_taken(given.port):
            print(
                f"Port {given.port} is taken by another program. Stop that (`make stop` if it is this "
                f"office), or choose another: make run PORT={min(given.port + 1, 65535)}",
                file=sys.stderr,
            )
            return 2
        done = subprocess.run([sys.executable, ROOT / "scripts" / "setup.py", "run"], check=False).returncode
        if done != 0:
            return done
    elif not VENV_PYTHON.exists():
        print("Nothing is running: this office was never set up.")
        return 0
    os.chdir(ROOT)
    command = [str(VENV_PYTHON), "-m", "billing_office.supervisor", given.act]
    if given.act == "start":
        command += [f"--port={given.port}", f"--accounts={given.accounts}", f"--city={given.city}"]
    return os.execv(VENV_PYTHON, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Entry point of the office's commands."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"


def main() -> None:
    if Path(sys.prefix).resolve() != VENV.resolve() and (VENV / "bin" / "python").exists():
        os.execv(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *sys.argv])
    try:
        from billing_office import commands
    except ImportError as missing:
        sys.exit(f"{missing}. The project's packages are not installed: run `make setup` first.")
    sys.exit(commands.run(sys.argv))


if __name__ == "__main__":
    main()

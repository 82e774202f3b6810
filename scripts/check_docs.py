"""Check what the documents say against the files: links, tests named as evidence, and no path of one machine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
# A test in backticks: tests/unit/core/test_money.py, with ::Class::test_name behind it or not.
TEST = re.compile(r"`(tests/[\w/.-]+\.py)((?:::\w+)*)`")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# Home folders, build places and package indexes mean something on one machine only.
ONE_MACHINE = re.compile(
    r"(?<![\w.:/*-])/(?:work|root|home|Users|tmp/[a-z])[/.]"
    r"|--(?:extra-)?index-url|files\.python"
    r"hosted|registry\.npm"
    r"js"
)
TEXT_ENDINGS = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".json",
    ".yml",
    ".yaml",
    ".html",
    ".css",
    ".js",
    ".sql",
    "",
}


def tracked_files() -> list[Path]:
    """Return every file that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def broken_links(document: Path, text: str) -> Iterator[str]:
    """Yield each link to a file of ours that is not there."""
    for target in LINK.findall(CODE_BLOCK.sub("", text)):
        place = unquote(target.split("#")[0])
        if not place or re.match(r"[a-z]+:", place):
            continue
        if not (document.parent / place).exists():
            yield f"links to {target}, which is not there"


def missing_tests(text: str) -> Iterator[str]:
    """Yield each named test that does not exist."""
    for file, names in TEST.findall(text):
        path = ROOT / file
        if not path.exists():
            yield f"names {file}, which is not there"
            continue
        source = path.read_text()
        for name in filter(None, names.split("::")):
            if not re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", source, re.MULTILINE):
                yield f"names {file}{names}, but the file has no {name}"


def paths_of_one_machine(text: str) -> Iterator[str]:
    """Yield each line with a path or an address that does not belong in the project."""
    for number, line in enumerate(text.splitlines(), start=1):
        if ONE_MACHINE.search(line):
            yield f"line {number}: {line.strip()[:100]}"


def problems() -> list[str]:
    """Return every problem, as `file: what is wrong`."""
    found: list[str] = []
    for file in tracked_files():
        if file.suffix not in TEXT_ENDINGS:
            continue
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        said = list(paths_of_one_machine(text))
        if file.suffix == ".md":
            said += [*broken_links(file, text), *missing_tests(text)]
        found += [f"{file.relative_to(ROOT)}: {what}" for what in said]
    return found


def main() -> int:
    found = problems()
    for line in found:
        print(line)
    print(f"docs: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

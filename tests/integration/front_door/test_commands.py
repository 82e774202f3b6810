"""Commands that cannot start say so in a sentence and exit with 2."""

import os
import subprocess
import sys

import pytest

from billing_office import embedded


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=embedded.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestACommand:
    @pytest.mark.parametrize("command", [["prove"], ["run_billing", "--from", "2026-01", "--to", "2026-01"]])
    def test_says_that_the_database_is_down(self, command: list[str]) -> None:
        done = run_command(
            *command,
            DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
            DATABASE_OWNER_URL="postgresql://nobody@127.0.0.1:1/nothing",
            REDIS_URL="redis://127.0.0.1:1/0",
        )
        assert done.returncode == 2
        assert done.stderr.startswith("The database does not answer:")
        assert "Traceback" not in done.stderr
        assert done.stdout == ""

    def test_refuses_a_month_that_is_none(self, committed_db: str) -> None:
        done = run_command("run_billing", "--from", "2026-13", "--to", "2026-13")
        assert done.returncode == 2
        assert "2026-13" in done.stderr
        assert "Traceback" not in done.stderr

"""Where lines of the log go."""

import subprocess
import sys

from tests.commands import ROOT


def test_a_command_logs_to_standard_error() -> None:
    """Standard output stays data: the first line of the log and all others go to standard error, in UTC."""
    program = """if True:
        from handlers import logs
        logs.to_stderr()
        logs.logger().warning("turn.failed", inbox_id=7)
        logs.logger().error("clock.failed", job="due")
    """
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert "turn.failed" in first
    assert "inbox_id=7" in first
    assert first.split()[0].endswith("Z")
    assert "clock.failed" in second

"""Fixtures of the crash tests, and their figures at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.endtoend.processes import Zygote

pytest.register_assert_rewrite("tests.crash.checks")


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Starts daemons quickly."""
    made = Zygote()
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each series of kills did."""
    for report in terminalreporter.getreports("passed"):
        for name, figures in getattr(report, "user_properties", ()):
            if name == "crash" and report.when == "call":
                terminalreporter.section(report.nodeid, sep="-")
                for what, value in figures.items():
                    terminalreporter.write_line(f"{what:42s} {value}")

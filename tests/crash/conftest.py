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
    """Print what each series of kills did, and how many kills there were."""
    kills = 0
    for report in terminalreporter.getreports("passed"):
        for name, figures in getattr(report, "user_properties", ()):
            if name == "crash" and report.when == "call":
                terminalreporter.section(report.nodeid, sep="-")
                kills += int(figures["kills"].split()[0])
                for what, value in figures.items():
                    terminalreporter.write_line(f"{what:42s} {value}")
    if kills:
        terminalreporter.section(f"{kills} kills, nothing lost, nothing sent twice", sep="-")

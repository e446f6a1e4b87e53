"""What systemd is told, over a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from riskd.adapters.sd_notify import ServiceManager
from riskd.daemon.heartbeat import Heartbeat
from tests.daemon.policy_play import Play, leverage, policy


@pytest.fixture
def listener() -> Iterator[tuple[str, socket.socket]]:
    # A short path: AF_UNIX allows 108 bytes, and pytest's own folders can be longer.
    with TemporaryDirectory(prefix="sd") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        path = str(Path(folder) / "notify")
        sock.bind(path)
        sock.settimeout(5)
        yield path, sock


def test_readiness_and_heartbeat_reach_the_service_manager(listener: tuple[str, socket.socket]) -> None:
    path, sock = listener
    manager = ServiceManager({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"})
    manager.ready("4 accounts,\nobserve")
    manager.alive("cycle 7")
    assert sock.recv(4096) == b"READY=1\nSTATUS=4 accounts, observe"
    assert sock.recv(4096) == b"WATCHDOG=1\nSTATUS=cycle 7"
    assert manager.watchdog_seconds == 30.0


def test_without_a_service_manager_nothing_is_said() -> None:
    manager = ServiceManager({})
    manager.ready("nobody listens")
    assert not manager.present
    assert manager.watchdog_seconds is None


def test_a_refused_reload_stands_in_the_status_for_as_long_as_it_lasts(
    listener: tuple[str, socket.socket], tmp_path: Path
) -> None:
    path, sock = listener
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    heartbeat = Heartbeat(ServiceManager({"NOTIFY_SOCKET": path}))
    heartbeat.tell_too(lambda: play.keeper.standing)

    def status() -> str:
        heartbeat.after_cycle(play.turn())
        return sock.recv(4096).decode().partition("STATUS=")[2]

    assert "refused" not in status()
    play.write(policy(leverage("5%")))
    play.turns(2)
    sock.recv(4096)  # of the first cycle, which says twice that it is there
    assert "; policies on the disk refused: " in status()
    play.write(policy(leverage("{warn: 3x}")))
    play.turns(3)
    assert "refused" not in status()

"""What riskd says about itself."""

from __future__ import annotations

from riskd.daemon.messages import halted, resumed, system_message
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level
from tests.builders import NOW


def test_a_message_of_riskd_about_itself_is_a_root_known_by_its_word_and_time() -> None:
    said = system_message(word="halt", headline="stop", level=Level.CRITICAL, body=("why",), at=NOW)

    assert said == Message(
        key=f"system|halt|{NOW.isoformat()}",
        kind=MessageKind.SYSTEM,
        level=Level.CRITICAL,
        thread="",
        edits_root=False,
        headline="stop",
        body=("why",),
    )


def test_a_halt_and_its_end_are_two_messages() -> None:
    assert halted(at=NOW).key != resumed(at=NOW).key
    assert (halted(at=NOW).level, resumed(at=NOW).level) == (Level.CRITICAL, Level.OK)

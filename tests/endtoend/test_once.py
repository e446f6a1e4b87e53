"""`riskd once` against a venue: exposures, what is exceeded, what would be done, and not one order."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

from riskd.measure.catalogue import CATALOGUE
from riskd.paper.dialect.http import Rights
from tests.cli.running import Ran
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Zygote
from tests.endtoend.stage import Stage, ran_on, stage
from tests.endtoend.venue import Regrower, recording_venue
from tests.endtoend.waiting import until

POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)


async def _look(on: Stage, *options: str) -> Ran:
    return await ran_on(on, "once", *options)


def test_a_look_tells_what_would_be_done_and_does_nothing(zygote: Zygote, tmp_path: Path) -> None:
    bot = Regrower("alpha", "BTCUSDT", Decimal("0.9"))
    venue, _ = recording_venue({"alpha": "10000"}, actors=[bot])

    async def main() -> tuple[Ran, Ran, Ran]:
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=Setup(mode="enforce")) as on:
            await until(lambda: bool(venue.booked), "the bot's position")
            looks = await _look(on), await _look(on, "--why"), await _look(on, "--json")
            assert not on.installation.state.exists(), "a look records nothing"
            return looks

    plain, why, as_json = asyncio.run(main())
    assert {look.code for look in (plain, why, as_json)} == {1}
    assert "CRITICAL desk/leverage  account=alpha: 5." in plain.out
    assert "WARN     desk/stops  account=alpha " in plain.out
    assert "alpha: desk/leverage would deleverage from " in plain.out
    assert "nothing was sent" in plain.out
    assert f"formula   {CATALOGUE['leverage'].formula}" in why.out
    told = json.loads(as_json.out)
    assert [plan["account"] for plan in told["plans"]] == ["alpha"]
    assert all(asked.rights is not Rights.TRADE for asked in venue.asked)
    assert {booked.request.client_order_id[:4] for booked in venue.booked} == {"bot-"}


def test_a_venue_that_does_not_answer_is_a_finding_and_not_an_all_clear(
    zygote: Zygote, tmp_path: Path
) -> None:
    venue, _ = recording_venue({"alpha": "10000"})

    async def main() -> Ran:
        async with stage(tmp_path, zygote, venue, policy=POLICY) as on:
            await on.close_venue()
            return await _look(on)

    ran = asyncio.run(main())
    assert ran.code == 1
    assert "could not be seen:" in ran.out
    assert "UNKNOWN  desk/leverage" in ran.out
    assert "every rule" not in ran.out

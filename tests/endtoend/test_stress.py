"""`riskd stress` against a venue: what it prints of a position, and that it asks for nothing but to read."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from riskd.paper.dialect.http import Rights
from riskd.paper.engine.types import OrderRequest, OrderType, Side
from tests.cli.running import Ran, run_process
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Zygote
from tests.endtoend.stage import Stage, ran_on, stage
from tests.endtoend.venue import Regrower, recording_venue
from tests.endtoend.waiting import until

# 0.3 BTC at 60,000 and a little on 10,000: less than the 2x of the warning, and no stop.
POLICY = policy(LEVERAGE, tests=LEVERAGE_TEST)


async def stress(on: Stage, *options: str) -> Ran:
    return await ran_on(on, "stress", *options)


def test_the_book_of_a_venue_is_stressed_and_nothing_is_asked_for(zygote: Zygote, tmp_path: Path) -> None:
    bot = Regrower("alpha", "BTCUSDT", Decimal("0.3"))
    venue, _ = recording_venue({"alpha": "10000"}, actors=[bot])

    async def main() -> list[Ran]:
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=Setup(mode="enforce")) as on:
            await until(lambda: bool(venue.booked), "the bot's position")
            own = on.installation.folder / "stops.yaml"
            own.write_text(policy(STOPS, mode="observe"), encoding="utf-8")
            ran = [
                await stress(on, "--move", "-20%", "--move", "0%", "--move", "+10%"),
                await stress(on, "--json", "--asset", "btc", "--picture", "curve.svg"),
                await stress(on, "--policies", str(own)),
                await stress(on, "--asset", "DOGE"),
                await stress(on, "--scenario", "adl-2025-10-10", "--move", "50%"),
            ]
            assert not on.installation.state.exists(), "nothing is recorded"
            assert (on.installation.folder / "curve.svg").read_text(encoding="utf-8").startswith("<svg")
            return ran

    plain, as_json, stops, doge, scenario = asyncio.run(main())
    assert (plain.code, plain.err) == (0, "")
    rows = [line.split("  ") for line in plain.out.splitlines()]
    moves = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    (fall,) = (row for row in moves if row[:1] == ["-20 %"] and len(row) > 5)
    assert fall[-4:] == ["1", "0", "0", "0"], "one rule warns: 14,400 on 6,400 is 2.25x, above 2x"
    assert "All prices move together" in plain.out
    assert "  the account is liquidated by a fall of 5" in plain.out
    assert "alpha BTC/USDT:USDT long" in plain.out
    told = json.loads(as_json.out)
    assert {each["rule"] for each in told["reverse"]} == {"desk/leverage"}
    (warn, breach, critical) = told["reverse"]
    assert -0.42 < critical["fall"]["at"] < breach["fall"]["at"] < warn["fall"]["at"] < 0.0
    # 18,000 (1 - s) = 4 (10,000 - 18,000 s), a little earlier as the bot has paid a fee.
    assert critical["fall"]["at"] == pytest.approx(-22 / 54, abs=2e-3)
    assert warn["rise"] == {"is": "not reached"}
    assert told["more"][0]["until"][0]["rule"] == "desk/leverage"
    assert stops.code == 1, "a position without its stop is a finding"
    assert "reached now: desk/stops" in stops.out
    assert (doge.code, doge.out) == (2, "")
    assert "nothing in the book follows 'DOGE'; its coins are BTC" in doge.err
    assert "SHARE" in scenario.out
    assert all(asked.rights is not Rights.TRADE for asked in venue.asked)
    assert {booked.request.client_order_id[:4] for booked in venue.booked} == {"bot-"}


def test_what_may_be_opened_of_a_contract_that_nobody_holds_can_be_opened_and_no_more(
    zygote: Zygote, tmp_path: Path
) -> None:
    bot = Regrower("alpha", "BTCUSDT", Decimal("0.3"))
    venue, _ = recording_venue({"alpha": "10000"}, actors=[bot])

    def buy(quantity: Decimal) -> None:
        venue.exchange.place(
            "alpha",
            OrderRequest(
                symbol="ETHUSDT",
                side=Side.BUY,
                type=OrderType.MARKET,
                quantity=quantity,
                client_order_id=f"desk-{len(venue.booked)}",
            ),
        )

    def level(ran: Ran) -> tuple[str, float]:
        (room,) = (each for each in ran.json()["rooms"] if each["rule"] == "desk/leverage")
        return room["level"], room["value"]

    async def main() -> tuple[list[Ran], list[Ran]]:
        async with stage(tmp_path, zygote, venue, policy=POLICY) as on:
            await until(lambda: bool(venue.booked), "the bot's position")
            asked = [
                await stress(on, "--symbol", "ETH/USDT:USDT"),
                await stress(on, "--symbol", "ETH/USDT:USDT", "--side", "long", "--json"),
                await stress(on, "--symbol", "ETHUSDT"),
                await stress(on, "--symbol", "BTC/USDT:USDT"),
            ]
            assert {booked.request.symbol for booked in venue.booked} == {"BTCUSDT"}
            buy(Decimal(asked[1].json()["more"][0]["until"][0]["quantity"]))
            kept = await stress(on, "--json")
            buy(Decimal("0.007"))  # the smallest order: seven lots are 21 dollars
            return asked, [kept, await stress(on, "--json")]

    (plain, as_json, unlisted, held), bought = asyncio.run(main())
    (more,) = as_json.json()["more"]
    assert (more["position"], more["notional"]) == ("account=alpha symbol=ETH/USDT:USDT side=long", 0.0)
    assert (more["leverage"], more["margin"]) == (20.0, "cross"), (
        "as symbolConfig tells of a contract not in use"
    )
    assert more["venue_takes"] == 100_000_000.0
    warn, breach, critical = more["until"]
    # 18,000 + N = 2 (9,991 - 0.0005 N), with the fee of 9 that the bot has paid: N = 1,980.
    assert warn["rule"] == "desk/leverage"
    assert warn["notional"] == pytest.approx(1_980.0, abs=6.0)
    assert warn["notional"] < breach["notional"] < critical["notional"]
    assert f"alpha ETH/USDT:USDT long   WARN      {warn['notional']:,.0f}" in plain.out
    assert "alpha long and short: none is held, a new one has no stop; mark 3,000, 20x cross" in plain.out
    assert (plain.code, plain.err) == (0, "")
    assert (unlisted.code, unlisted.out) == (2, "")
    assert "did you mean ETH/USDT:USDT" in unlisted.err
    assert (
        "alpha BTC/USDT:USDT short: not supposed, a long is held, which a short would first make smaller"
        in held.out
    )
    assert [level(ran)[0] for ran in bought] == ["ok", "warn"], [level(ran) for ran in bought]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--move", "20"), "--move"),
        (("--move", "-100%"), "above -100%"),
        (("--move", "3x"), "--move"),
        (("--asset", "BTC", "--scenario", "luna"), "exclude each other"),
        (("--side", "up"), "--side"),
        (("--stop", "5%"), "name the contract with --symbol"),
        (("--symbol", "ETH/USDT:USDT", "--stop", "5x"), "between 0% and 100%"),
        (("--symbol", "ETH/USDT:USDT", "--stop", "-5%"), "between 0% and 100%"),
    ],
)
def test_wrong_use_is_told_before_anything_is_read(
    options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    ran = run_process("stress", *options, directory=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err

"""`riskd size`: what it prints for longs and shorts, dollars and coins, and what it refuses."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest

from riskd.measure.venues.catalogue import MODELS
from tests.cli.conftest import Riskd

BARE = ("--fee", "0%")
LONG = ("size", "--equity", "10k USD", "--entry", "60000", "--stop", "58800", "--lot", "0.001")
SHORT = ("size", "--equity", "10k USD", "--entry", "60000", "--stop", "63000", "--lot", "0.001")
INVERSE = (
    "size",
    "--venue",
    "binance_coinm",
    "--contract-size",
    "100",
    "--equity",
    "2 BTC",
    "--entry",
    "60000",
)
GUESS = (
    "Liquidation is reckoned with a maintenance margin of 0.50%, which is a guess: "
    "your venue's table has the right one (--maintenance, --brackets)."
)
PROMISE = "A stop is an order and no promise: in a fast market it fills worse. --slippage reckons with that."
COINS = "All losses are counted in BTC. The coins behind the position gain and lose dollars besides."


def test_a_published_example_of_a_long_gives_its_quantity(riskd: Riskd) -> None:
    """Marginpad: 5,000 of equity, 1 %, in at 60,000 and out at 58,800, is 50 at risk and a notional of 2,500."""
    ran = riskd("size", "--equity", "5k USD", "--entry", "60000", "--stop", "58800", *BARE)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "long: buy 0.0416666 coins at 60,000, stop at 58,800",
        "",
        "size              0.0416666 coins  worth 2,500.00 USD at the entry: the notional",
        "leverage          0.50x            notional over the equity of 5,000.00 USD",
        "margin            cross            all 5,000.00 USD stand behind the position",
        "loss at the stop  50.00 USD        1.00% of equity: 50.00 USD by price",
        "liquidation       none             by the rules of Binance USD-M no price takes this position, even at zero",
        "stop              58,800           2.00% below the entry",
        "break-even        60,000           the entry itself: there are no costs",
        "",
        GUESS,
        PROMISE,
    ]


def test_an_isolated_long_with_everything(riskd: Riskd) -> None:
    ran = riskd(
        *(*LONG, "--leverage", "5x", "--maintenance", "0.4%", "--slippage", "0.1%"),
        *("--funding", "0.01%/8h", "--horizon", "5d"),
    )
    assert ran.code == 0
    assert ran.out.splitlines()[2:] == [
        "size              0.075 coins  worth 4,500.00 USD at the entry: the notional",
        "leverage          0.45x        notional over the equity of 10,000.00 USD",
        "margin            900.00 USD   isolated at 5x: all that it can lose",
        "loss at the stop  98.95 USD    0.99% of equity: 90.00 USD by price, 4.50 USD by slippage, 4.45 USD by fees",
        "liquidation       48,283.13    19.53% below the entry: there Binance USD-M takes the position",
        "stop              58,800       2.00% below the entry: 11% of the way to liquidation; at most 70% is advised",
        "funding paid      6.75 USD     in 5d at 0.01%/8h: 0.07% of equity, 6.8% of the loss",
        "break-even        60,150.08    0.25% above the entry pays for both fees and the funding",
        "",
        PROMISE,
    ]


def test_a_short_that_is_paid_funding(riskd: Riskd) -> None:
    ran = riskd(*SHORT, "--funding", "0.05%/8h", "--horizon", "5d", "--leverage-max", "10x")
    assert ran.out.splitlines()[:10] == [
        "short: sell 0.032 coins at 60,000, stop at 63,000",
        "",
        "size              0.032 coins  worth 1,920.00 USD at the entry: the notional",
        "leverage          0.19x        notional over the equity of 10,000.00 USD",
        "margin            192.00 USD   needed at 10x; cross: all 10,000.00 USD stand behind the position",
        "loss at the stop  97.97 USD    0.98% of equity: 96.00 USD by price, 1.97 USD by fees",
        "liquidation       370,616.92   517.69% above the entry: there Binance USD-M takes the position",
        "stop              63,000       5.00% above the entry: 1% of the way to liquidation; at most 70% is advised",
        "funding received  14.40 USD    in 5d at 0.05%/8h: 0.14% of equity, 14.7% of the loss",
        "break-even        60,389.81    0.65% above the entry: the funding pays for that and the fees",
    ]


def test_an_inverse_long_is_sized_in_contracts_and_loses_coins(riskd: Riskd) -> None:
    ran = riskd(*INVERSE, "--stop", "57000")
    assert ran.out.splitlines() == [
        "long: buy 223 contracts of 100 USD at 60,000, stop at 57,000",
        "",
        "size              223 contracts of 100 USD  worth 22,300.00 USD, 0.37166667 BTC at the entry: the notional",
        "leverage          0.19x                     notional over the equity of 2 BTC",
        "margin            cross                     all 2 BTC stand behind the position",
        "loss at the stop  0.01994285 BTC            1.00% of equity (1,136.74 USD at that price): 0.0195614 BTC by price, 0.00038145 BTC by fees",
        "liquidation       9,450.424                 84.25% below the entry: there Binance COIN-M takes the position",
        "stop              57,000                    5.00% below the entry: 6% of the way to liquidation; at most 70% is advised",
        "break-even        60,060.03                 0.10% above the entry pays for both fees",
        "",
        GUESS,
        PROMISE,
        COINS,
    ]


def test_an_inverse_short_within_its_coins_is_never_liquidated(riskd: Riskd) -> None:
    ran = riskd(*INVERSE, "--stop", "63000")
    lines = ran.out.splitlines()
    assert lines[0] == "short: sell 246 contracts of 100 USD at 60,000, stop at 63,000"
    [price] = [line for line in lines if line.startswith("liquidation")]
    assert price.endswith("by the rules of Binance COIN-M no price takes this position, however far it rises")


def test_liquidation_before_the_stop_cannot_be_overlooked(riskd: Riskd) -> None:
    ran = riskd(*LONG[:-2], "--lot", "0.001", "--leverage", "60x", "--maintenance", "0.4%")
    alarm = "!" * 72
    assert ran.code == 1
    assert ran.out.splitlines()[:9] == [
        "long: buy 0.079 coins at 60,000, stop at 58,800",
        "",
        alarm,
        "LIQUIDATION COMES FIRST: the stop of this position would never be reached.",
        "The venue takes it at 59,236.95; the stop fills at 58,800.",
        "The loss would be up to 79.00 USD, all of the margin, and not the planned 99.49 USD.",
        alarm,
        "What would do: --leverage 30x.",
        "",
    ]


def test_a_stop_that_is_near_liquidation_is_a_warning(riskd: Riskd) -> None:
    ran = riskd(*SHORT, "--leverage", "14x")
    assert ran.code == 0
    assert ran.out.splitlines()[2:4] == [
        "WARNING: the stop lies at 76% of the way to liquidation; at most 70% is advised, for in a fast market the two come together.",
        "What would do: --leverage 13x.",
    ]


def test_a_risk_that_asks_for_more_leverage_than_there_is(riskd: Riskd) -> None:
    near = ("size", "--equity", "10k USD", "--entry", "60000", "--stop", "59970", "--lot", "0.001", *BARE)
    ran = riskd(*near, "--leverage-max", "10x")
    assert ran.code == 1
    assert ran.out.splitlines()[2:4] == [
        "TOO MUCH LEVERAGE: this risk with this stop asks for 20.00x; the highest leverage is 10x.",
        "What would do: 1.666 coins at most, which risks 0.50%.",
    ]


def test_margin_that_is_not_there(riskd: Riskd) -> None:
    near = ("size", "--equity", "10k USD", "--entry", "60000", "--stop", "59700", "--lot", "0.001")
    ran = riskd(*near, "--risk", "3%", "--leverage", "2x")
    assert ran.code == 1
    assert ran.out.splitlines()[2:4] == [
        "NOT ENOUGH EQUITY: opening takes a margin of 24,990.00 USD and a fee of 24.99 USD; there are 10,000.00 USD.",
        "What would do: 0.333 coins at most, which risks 1.20%.",
    ]


def test_less_than_a_lot_is_nothing_to_trade(riskd: Riskd) -> None:
    ran = riskd("size", "--equity", "100 USD", "--entry", "60000", "--stop", "58800", "--lot", "0.001")
    assert (ran.code, ran.out.splitlines()) == (
        1,
        [
            "long: buy 0 coins at 60,000, stop at 58,800",
            "",
            "TOO SMALL TO TRADE: the smallest size, 0.001 coins, loses 1.26 USD at the stop; the risk is 1.00 USD.",
            "It takes a risk of 1.26%, or a nearer stop.",
        ],
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--stop", "190000", "--leverage", "2x"), "the stop lies too far away for its margin"),
        (("--stop", "59900", "--leverage-max", "1x", "--risk", "5%", "--lot", "1"), "not even the smallest"),
    ],
)
def test_where_nothing_would_do_the_reason_is_said(riskd: Riskd, options: tuple[str, ...], why: str) -> None:
    ran = riskd("size", "--equity", "10k USD", "--entry", "60000", *options)
    assert ran.code == 1
    assert f"No size and no setting would do: {why}.\n" in ran.out


def test_funding_that_eats_the_risk_is_a_warning(riskd: Riskd) -> None:
    ran = riskd(*LONG, "--funding", "0.05%/8h", "--horizon", "5d")
    assert ran.code == 0
    assert "WARNING: until the horizon funding takes 36% of what the stop would lose.\n" in ran.out


def test_slippage_makes_the_position_smaller(riskd: Riskd) -> None:
    """Block-flux: 10,000 at 1 %, in at 2.00 and out at 1.80, is 500 units, and 476 when the stop slips by 0.01."""
    arguments = ("size", "--equity", "10k USD", "--entry", "2", "--stop", "1.8", "--lot", "1", *BARE)
    assert "buy 500 coins at 2," in riskd(*arguments).out
    assert "buy 476 coins at 2," in riskd(*arguments, "--slippage", "0.5%").out


def test_the_example_of_the_page_of_commands_is_what_is_printed(riskd: Riskd) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    section = page.split("## riskd size\n")[1].split("\n## ")[0]
    [(command, shown)] = re.findall(r"^    \$ riskd (.+)\n((?:(?:    .*)?\n)+)", section, re.MULTILINE)
    expected = textwrap.dedent(shown).strip()
    assert "LIQUIDATION COMES FIRST" in expected
    ran = riskd(*shlex.split(command))
    assert (ran.code, ran.out[: len(expected)]) == (1, expected)


def test_json_says_the_same(riskd: Riskd) -> None:
    ran = riskd(*LONG, "--leverage", "60x", "--funding", "-0.01%/8h", "--horizon", "8h", "--json")
    assert ran.code == 1
    found = ran.json()
    assert (found["side"], found["contracts"], found["currency"]) == ("long", "0.079", "USD")
    assert (found["objections"], found["refused"]) == (["liquidation_first"], True)
    assert found["better"] == {"contracts": "0.079", "leverage_setting": 29.0}
    assert found["funding"]["paid"] == pytest.approx(-0.474)
    assert found["loss_at_stop"]["total"] == pytest.approx(99.4926)
    assert found["leverage_max"] is None


def test_json_of_what_nothing_liquidates_is_null(riskd: Riskd) -> None:
    found = riskd(*LONG, "--json").json()
    assert (found["liquidation_price"], found["room"], found["stop_share_of_room"]) == (None, None, 0.0)
    assert (found["initial_margin"], found["funding"], found["better"]) == (None, None, None)


def test_every_venue_gives_an_answer_for_both_sides(riskd: Riskd, tmp_path: Path) -> None:
    table = tmp_path / "deribit.json"
    table.write_text('{"tiers": [{"from": "0", "maintenance": "1%"}], "for_each_coin": "0.005%"}')
    for name, model in MODELS.items():
        kinds = [kind.value for kind in model.contracts if kind.value != "quanto"]
        tiers = ("--brackets", str(table)) if name == "deribit" else ()
        for kind in kinds:
            flag = ("--inverse",) if kind == "inverse" and len(kinds) > 1 else ()
            equity = "2 BTC" if kind == "inverse" else "10k USD"
            for stop in ("58800", "61200"):
                ran = riskd(
                    *("size", "--venue", name, *flag, *tiers, "--equity", equity),
                    *("--entry", "60000", "--stop", stop, "--leverage", "3x", "--tick", "0.5", "--json"),
                )
                assert ran.code == 0, (name, kind, ran.err)
                found = ran.json()
                assert found["contract"] == kind
                beyond = found["liquidation_price"] - float(stop)
                assert beyond < 0 if found["side"] == "long" else beyond > 0


def test_a_venue_is_known_by_its_name_in_riskd_yaml_and_cross_margin_by_its_own_rules(riskd: Riskd) -> None:
    assert riskd(*LONG, "--venue", "binanceusdm").code == 0
    assert riskd(*LONG, "--venue", "kucoin", "--json").json()["venue"] == "kucoin_cross"
    isolated = riskd(*LONG, "--venue", "kucoin", "--leverage", "3x", "--json").json()
    assert isolated["venue"] == "kucoin"


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--equity", "10000", "--equity"),
        ("--equity", "5%", "--equity: 5% is a ratio"),
        ("--equity", "0 USD", "equity must be a finite number above 0"),
        (
            "--equity",
            "2 BTC",
            "a linear contract of Binance USD-M is settled in dollars; write for example 10k USD",
        ),
        ("--risk", "2x", "--risk: 2x is a multiple"),
        ("--risk", "0%", "risk must be a finite number above 0"),
        ("--risk", "150%", "risk must be at most 100% of equity, found 150%"),
        ("--stop", "100", "stop 100.0 equals entry 100.0"),
        ("--stop", "nan", "stop must be a finite number above 0"),
        ("--entry", "-1", "entry must be a finite number above 0"),
        ("--venue", "mtgox", "no venue 'mtgox'; there are binance_usdm,"),
        ("--leverage", "0.5x", "leverage must be 1x or more, found 0.5x"),
        ("--leverage", "5", "--leverage: 5 is a count; write for example 3x"),
        ("--leverage-max", "0x", "leverage_max must be a finite number above 0"),
        ("--maintenance", "0%", "--maintenance: expected more than 0%"),
        ("--lot", "none", "--lot: expected a number such as 0.001, found none"),
        ("--lot", "0", "--lot: expected a number above 0"),
        ("--funding", "0.01%/8h", "--funding and --horizon belong together"),
        ("--horizon", "5d", "--funding and --horizon belong together"),
    ],
)
def test_a_number_that_cannot_be_used_is_refused_by_name(
    riskd: Riskd, option: str, text: str, words: str
) -> None:
    given = {"--equity": "10k USD", "--entry": "100", "--stop": "90", option: text}
    ran = riskd("size", *(word for pair in given.items() for word in pair))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


@pytest.mark.parametrize(
    ("venue", "more", "words"),
    [
        (
            "binance_coinm",
            (),
            "an inverse contract of Binance COIN-M is settled in the coin; write for example 2 BTC",
        ),
        ("bitget", ("--inverse",), "an inverse contract of Bitget is settled in the coin"),
        ("binance_usdm", ("--inverse",), "--inverse: Binance USD-M has linear contracts only"),
        ("deribit", (), "--brackets: margin of Deribit grows with every coin"),
    ],
)
def test_a_contract_and_its_money_must_fit(
    riskd: Riskd, venue: str, more: tuple[str, ...], words: str
) -> None:
    ran = riskd("size", "--equity", "10k USD", "--entry", "100", "--stop", "90", "--venue", venue, *more)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_coin_for_a_linear_contract_of_a_venue_with_both_names_the_flag(riskd: Riskd) -> None:
    ran = riskd("size", "--equity", "2 BTC", "--entry", "100", "--stop", "90", "--venue", "bitget")
    assert "add --inverse for the contract that is settled in the coin, or write" in ran.err

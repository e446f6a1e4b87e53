"""The desk is read back as it was written; what older versions wrote is read too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.errors import JournalError
from riskd.model.desk import (
    AccountProfile,
    Cluster,
    Desk,
    GridDefinition,
    HedgeDefinition,
    HedgeLeg,
    LegKind,
    Mode,
    StrategyMatch,
)
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.scenario import Scenario
from riskd.record.desk_text import desk_json, desk_of
from riskd.record.fields import JsonObject
from tests.builders import NOW

WHOLE = Desk(
    accounts=(
        AccountProfile(
            id="main",
            venue="binanceusdm",
            desk="alpha",
            book="one",
            labels=(("env", "prod"), ("team", "x")),
            strategies=(StrategyMatch(symbols=("BTC/*",), strategy="hedge", client_id_prefix="hd-"),),
            mode=Mode.ENFORCE,
        ),
        AccountProfile(id="spare", venue="binanceusdm"),
    ),
    hedges=(
        HedgeDefinition(
            id="carry",
            legs=(
                HedgeLeg(account="main", kind=LegKind.SPOT, name="BTC"),
                HedgeLeg(account="main", kind=LegKind.PERPETUAL, name="BTC/USDT:USDT"),
            ),
            ratio=Decimal("0.95"),
            labels=(("hedge", "cross"),),
        ),
    ),
    grids=(GridDefinition(id="g", account="main", symbol="ETH/USDT:USDT", lower=Decimal("2000.50")),),
    clusters=(Cluster(name="memes", assets=("DOGE", "PEPE")),),
    scenarios=(
        Scenario(name="luna", title="Terra fails", others=-0.41, moves=(("BTC", -0.1 - 0.2), ("LUNA", -1.0))),
        Scenario(name="up", title="Up", others=1e-9),
    ),
)


def entry(body: JsonObject) -> JournalEntry:
    return JournalEntry(sequence=7, kind=EntryKind.ACCOUNTS, at=NOW, body=body, hash="")


def test_everything_comes_back() -> None:
    assert desk_of(entry(desk_json(WHOLE))) == WHOLE


def test_a_desk_without_clusters_is_another_than_one_with_none() -> None:
    for clusters in (None, ()):
        desk = Desk(accounts=WHOLE.accounts, clusters=clusters)
        assert desk_of(entry(desk_json(desk))).clusters == clusters


def test_an_older_entry_has_accounts_only() -> None:
    body = {
        "accounts": [
            {
                "account": "a",
                "venue": "v",
                "desk": "",
                "book": "",
                "mode": "observe",
                "labels": {"env": "prod"},
            }
        ]
    }
    assert desk_of(entry(body)) == Desk(  # type: ignore[arg-type]  # a literal of JSON
        accounts=(AccountProfile(id="a", venue="v", labels=(("env", "prod"),)),)
    )


def test_a_mode_that_does_not_exist_is_refused_with_its_place() -> None:
    body = desk_json(WHOLE)
    body["accounts"][0]["mode"] = "dream"  # type: ignore[index,call-overload]  # a literal of JSON
    with pytest.raises(
        JournalError, match=r"journal entry 7 .*mode: expected one of observe, propose, enforce"
    ):
        desk_of(entry(body))

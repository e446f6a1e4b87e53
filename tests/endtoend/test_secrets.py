"""No secret leaves riskd by any way but the venue's and Slack's own headers, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from riskd.paper.dialect.http import ApiKey, Rights
from riskd.paper.faults import (
    Answer,
    CutBody,
    Effect,
    EmptyList,
    Fault,
    Moment,
    NotANumber,
    OtherClientId,
    Reset,
    TruncatedBody,
    html_page,
    unknown_outcome,
)
from tests.endtoend import canaries
from tests.endtoend.canaries import Hit, hits
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Interpreter, Life, Zygote
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import Regrower, recording_venue
from tests.endtoend.waiting import until
from tests.fakes.slack_server import Fault as SlackFault

KEYS = (
    ApiKey(account="alpha", key=canaries.READ_KEY, secret=canaries.READ_SECRET, rights=Rights.READ),
    ApiKey(account="alpha", key=canaries.TRADE_KEY, secret=canaries.TRADE_SECRET, rights=Rights.TRADE),
)
POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)
ENFORCE = Setup(mode="enforce", every=0.3, orders={"cooldown": "0.1s", "orders_per_hour_max": "10000"})


def venue_that_talks_too_much() -> list[Fault]:
    """Every kind of bad answer, and a venue that repeats the key, and even its secret, in its refusals."""
    read = f"key {canaries.READ_KEY} secret {canaries.READ_SECRET}"
    trade = f"key {canaries.TRADE_KEY} secret {canaries.TRADE_SECRET}"
    broken: list[Effect] = [
        Answer(status=401, body=json.dumps({"code": -2015, "msg": read})),
        Answer(status=400, body=json.dumps({"code": -1021, "msg": read})),
        Answer(status=200, body=read),
        Answer(status=503, body=f"<html>{read}</html>", content_type="text/html"),
        html_page(),
        Reset(moment=Moment.BEFORE),
        TruncatedBody(keep=40),
        CutBody(keep=40),
        EmptyList(),
        NotANumber(name="entryPrice"),
    ]
    orders: list[Effect] = [
        Answer(status=200, body=json.dumps({"code": -2015, "msg": trade}), moment=Moment.AFTER),
        unknown_outcome(),
        OtherClientId(client_order_id=canaries.TRADE_KEY),
        Reset(moment=Moment.AFTER),
        Answer(status=400, body=json.dumps({"code": -2019, "msg": trade})),
    ]
    return [
        *(Fault(effect=effect, method="GET", after=30, count=4, probability=0.5) for effect in broken),
        *(Fault(effect=effect, method="POST", after=2, count=1) for effect in orders),
    ]


def test_no_secret_turns_up_in_anything_that_riskd_writes(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        bots = [Regrower("alpha", "BTCUSDT", Decimal(10))]
        venue, _ = recording_venue({"alpha": "100000"}, actors=bots, keys=KEYS)
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=ENFORCE, token=canaries.TOKEN) as made:
            venue.faults.add(venue_that_talks_too_much())
            made.slack.faults = [SlackFault.OUTAGE, SlackFault.PLAIN_TEXT_PAGE, SlackFault.TRUNCATED]
            life = made.start(starter=Interpreter())
            await life.after_cycles(25)
            found = hits("environ", Path(f"/proc/{life.pid}/environ").read_bytes())
            found += hits("cmdline", Path(f"/proc/{life.pid}/cmdline").read_bytes())
            made.installation.policy.write_text("riskd: [\n", encoding="utf-8")
            life.signal(signal.SIGHUP)
            await until(lambda: "policies_refused" in life.log(), "the refusal of the policies")
            await life.kill()
            made.installation.policy.write_text(POLICY, encoding="utf-8")
            life = made.start(starter=Interpreter(), PYTHONFAULTHANDLER="1")
            await life.after_cycles(3)
            life.signal(signal.SIGABRT)  # as the watchdog does: the stack goes to the log
            assert await life.end() == -signal.SIGABRT
            assert "File " in life.log(), "a stack without locals"
            await wrong_token(made)
            assert len(venue.orders_asked) > 3
            assert [fault for fault, struck in venue.faults.armed() if not struck] == []
            assert found + in_files(made) + in_slack(made) + in_ledger(made) == []

    asyncio.run(story())


async def wrong_token(made: Stage) -> None:
    """A start whose configuration has secrets where none belong."""
    text = made.installation.config.read_text()
    for spoiled in (
        text.replace("credential: alpha-read", f"api_key: {canaries.READ_KEY}\n    credential: alpha-read"),
        text.replace("credential: slack,", f'credential: slack, token: "{canaries.TOKEN}",'),
        text.replace("mode: enforce\nstate", f"mode: enforce\nsecret: {canaries.READ_SECRET}\nstate"),
    ):
        assert spoiled != text
        made.installation.config.write_text(spoiled)
        life: Life = made.start()
        assert await life.end() == 2
        assert "secrets stand in credential files" in life.log()
    made.installation.config.write_text(text)


def in_files(made: Stage) -> list[Hit]:
    """Standard output and error of every run, and everything in the state directory as it lies on the disk."""
    files = [path for path in made.installation.folder.rglob("*") if path.is_file()]
    ours = [path for path in files if path.parent != made.installation.credentials]
    assert {"journal.jsonl", "hot.duckdb"} <= {path.name for path in ours}
    return [hit for path in ours for hit in hits(path.name, path.read_bytes())]


def in_slack(made: Stage) -> list[Hit]:
    """Every request body that reached Slack, and what stands there."""
    assert made.slack.bodies
    return hits("slack", json.dumps(made.slack.bodies, default=str).encode()) + hits(
        "posts", repr(made.slack.posts).encode()
    )


def in_ledger(made: Stage) -> list[Hit]:
    """Every row of every table, as text: on the disk they may be compressed."""
    found: list[Hit] = []
    with duckdb.connect(str(made.installation.state / "hot.duckdb"), read_only=True) as connection:
        tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        assert "journal_projection" in tables
        for table in tables:
            rows = connection.execute(f'select * from "{table}"').fetchall()
            found += hits(table, repr(rows).encode())
    return found


@pytest.mark.parametrize("secret", canaries.ALL)
def test_each_spelling_of_a_secret_would_be_noticed(secret: str) -> None:
    for name, spelling in canaries.spellings(secret).items():
        assert Hit("here", secret, name) in hits("here", b"before " + spelling + b" behind")
    unlike = replace(Hit("here", secret, "raw"), secret="other")
    assert unlike not in hits("here", secret.encode())

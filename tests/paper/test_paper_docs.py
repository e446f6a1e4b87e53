"""docs/paper-venue.md: its commands and its program run, its lists are complete."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from riskd.adapters.system_clock import SystemClock
from riskd.paper.control import FAULT_KINDS
from riskd.paper.dialect.dialect import ENDPOINTS
from riskd.paper.server import PaperServer
from tests.support_paper import RunningTime, StillMarket, key_of, paper_server, paper_venue

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "paper-venue.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


async def run_curl(server: PaperServer, session: aiohttp.ClientSession, command: str) -> int:
    words = shlex.split(command)[1:]
    method, headers, data, url = "GET", {}, None, ""
    while words:
        match words.pop(0):
            case "-s":
                pass
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                data = words.pop(0)
            case address:
                url = address.replace("http://127.0.0.1:8900", server.url)
    async with session.request(method, url, headers=headers, data=data) as response:
        await response.json()
        return response.status


def test_every_command_of_the_page_works() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]

    async def main() -> None:
        venue = paper_venue()
        async with paper_server(venue) as server, aiohttp.ClientSession() as session:
            assert [await run_curl(server, session, command) for command in commands] == [200] * len(commands)

    assert len(commands) >= 7
    asyncio.run(main())


def test_the_program_of_the_page_trades(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks("python")
    now_ms = round(SystemClock().now().timestamp()) * 1000
    venue = paper_venue(market=StillMarket(start_ms=now_ms))
    key = key_of("alpha")

    async def main() -> None:
        async with paper_server(venue, time_ms=RunningTime(now_ms)) as server:
            namespace: dict[str, Any] = {}
            exec(program.replace("asyncio.run(main())", ""), namespace)
            namespace |= {"VENUE": server.url, "KEY": key.key, "SECRET": key.secret}
            await namespace["main"]()

    asyncio.run(main())
    assert capsys.readouterr().out.startswith("BTC/USDT:USDT long 0.01 ")
    assert len(venue.exchange.open_algo_orders("alpha")) == 1


def test_every_endpoint_is_on_the_page_and_no_other() -> None:
    listed = set()
    for line in blocks("text")[-1].splitlines():
        method, first, *others = line.split()
        prefix = "/".join(first.split("/")[:3]) + "/"
        listed |= {(method, first)} | {(method, prefix + name) for name in others}
    assert listed == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}


def test_every_kind_of_fault_is_on_the_page() -> None:
    table = [line for line in PAGE.splitlines() if line.startswith("| `")]
    named = {kind for line in table for kind in re.findall(r"`([a-z_]+)`", line.split("|")[1])}
    assert named == set(FAULT_KINDS)

"""The files of an installation: riskd.yaml, a policy, credential files. What a desk would write, in small numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from riskd.paper.dialect.http import ApiKey, Rights

SLACK_TOKEN = "xoxb-test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What `riskd.yaml` is to say.

    Attributes:
        mode: The ceiling, and with it the mode of every account that has a trading key.
        endpoint: The venue.
        slack: The Slack server's address; None: none configured.
        every: Seconds between cycles.
        orders: Lines for the section of that name.
        freshness: Lines for the section of that name.
        reload: Likewise.
    """

    accounts: tuple[str, ...] = ("alpha",)
    mode: str = "observe"
    account_mode: str = "enforce"
    endpoint: str = "http://127.0.0.1:9"
    slack: str | None = None
    every: float = 0.5
    orders: Mapping[str, str] | None = None
    freshness: Mapping[str, str] | None = None
    reload: Mapping[str, str] | None = None
    state: str = "state"


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with everything that `riskd run` needs."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "riskd.yaml"

    @property
    def policy(self) -> Path:
        """The policy."""
        return self.folder / "policy.yaml"

    @property
    def credentials(self) -> Path:
        """The directory of credential files."""
        return self.folder / "credentials"

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / "state"

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.state / "journal.jsonl"

    @property
    def halt(self) -> Path:
        """The kill switch."""
        return self.state / "halt"

    def configure(self, setup: Setup) -> None:
        """Write riskd.yaml."""
        self.config.write_text(_config(setup), encoding="utf-8")

    def write_secret(self, name: str, fields: Mapping[str, str], *, mode: int = 0o600) -> Path:
        """Write a credential file."""
        path = self.credentials / name
        path.write_text(json.dumps(fields), encoding="utf-8")
        path.chmod(mode)
        return path


def install(
    folder: Path, setup: Setup, *, policy: str, keys: Iterable[ApiKey], token: str = SLACK_TOKEN
) -> Installation:
    """Write all files of an installation."""
    made = Installation(folder)
    made.credentials.mkdir(parents=True, mode=0o700)
    made.configure(setup)
    made.policy.write_text(policy, encoding="utf-8")
    for key in keys:
        word = "trade" if key.rights is Rights.TRADE else "read"
        made.write_secret(f"{key.account}-{word}", {"api_key": key.key, "secret": key.secret})
    if setup.slack is not None:
        made.write_secret("slack", {"token": token})
    return made


def _config(setup: Setup) -> str:
    accounts = "\n".join(
        f"""  - id: {account}
    venue: binanceusdm
    endpoint: {setup.endpoint}
    credential: {account}-read
    trading_credential: {account}-trade
    mode: {setup.account_mode}"""
        for account in setup.accounts
    )
    slack = f'notify: {{slack: {{credential: slack, channel: "#risk", endpoint: "{setup.slack}"}}}}\n'
    return f"""riskd: config/v1
mode: {setup.mode}
state: {setup.state}
policies: [policy.yaml]
cycle: {{every: {setup.every}s, near_limits: {setup.every}s}}
accounts:
{accounts}
{slack if setup.slack else ""}{_section("orders", setup.orders)}{_section("freshness", setup.freshness)}{_section("reload", setup.reload)}"""


def _section(name: str, lines: Mapping[str, str] | None) -> str:
    if not lines:
        return ""
    return f"{name}:\n" + indent("".join(f"{key}: {value}\n" for key, value in lines.items()), "  ")


def policy(rules: str, *, tests: str = "", mode: str = "enforce") -> str:
    """A policy with these rules, and the tests without which a rule that can send orders is refused."""
    told = f"tests:\n{indent(tests.strip(), '  ')}\n" if tests else ""
    return f"""riskd: policy/v1
name: desk
title: Rules of the tests
owner: tests
version: "1"
mode: {mode}
defaults: {{for: 0s, clear: {{margin: 5%, for: 0s}}, missing: {{hold: 0s, then: alert}}}}
rules:
{indent(rules.strip(), "  ")}
{told}"""


LEVERAGE = """
- id: leverage
  title: Leverage of the account
  why: The account must survive.
  measure: leverage
  per: account
  max: {warn: 2x, breach: 3x, critical: 4x}
  then: {critical: [notify, {deleverage: {to: 3x, objective: min_cost, max_step: 5%, approval: auto}}]}
"""

LEVERAGE_TEST = """
- name: leverage beyond the limit is critical at once
  rule: leverage
  every: 10s
  series: 1x*2, 5x
  expect: [{at: 20s, is: firing, level: critical}]
  actions: [deleverage]
"""

STOPS = """
- id: stops
  title: A stop for every position
  why: A position without a stop has no plan.
  measure: stop_coverage
  per: position
  min: {warn: 100%}
"""

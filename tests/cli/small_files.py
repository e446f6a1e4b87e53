"""Small policies and configurations on the disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

CANARY = "canary-secret-77c1"
KEY = {"api_key": CANARY, "secret": CANARY}

POLICY = """\
# yaml-language-server: $schema=schema/policy.v1.json
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: propose
rules:
  - id: cap
    title: Account leverage cap
    why: Leverage is how accounts die.
    measure: leverage
    per: account
    max: {warn: 3x, breach: 5x}
    for: 0s
    then: {breach: [notify, block_new_risk]}
tests:
  - name: five and a half is a breach
    rule: cap
    every: 10s
    series: 1x, 5.5x
    expect:
      - {at: 10s, is: firing, level: breach}
    actions: [block_new_risk]
"""

CHILD = (
    ("name: desk", "name: child"),
    ("    why: Leverage", "    refines: desk/cap\n    why: Leverage"),
    ("max: {warn: 3x, breach: 5x}", "max: {breach: 4.5x}"),
)
"""Changes that make a policy which refines the other one."""

CONFIG = """\
riskd: config/v1
mode: observe
policies: [policies/desk.yaml]
accounts:
  - id: main
    venue: binanceusdm
    credential: binance-main
notify: {slack: {credential: slack, channel: "#risk"}}
"""


def write_policy(path: Path, *changes: tuple[str, str]) -> Path:
    """A policy whose text is changed in some places."""
    return _write(path, POLICY, changes)


def write_config(directory: Path, *changes: tuple[str, str]) -> Path:
    """A configuration with its policy and its credentials, all of them sound."""
    (directory / "credentials").mkdir()
    write_credential(directory, "binance-main", KEY)
    write_credential(directory, "slack", {"token": CANARY})
    write_policy(directory / "policies" / "desk.yaml")
    return _write(directory / "riskd.yaml", CONFIG, changes)


def write_credential(directory: Path, name: str, fields: Mapping[str, str], *, mode: int = 0o600) -> Path:
    """A credential file as a person keeps it."""
    path = directory / "credentials" / name
    path.write_text(json.dumps(dict(fields)), encoding="utf-8")
    path.chmod(mode)
    return path


def _write(path: Path, text: str, changes: tuple[tuple[str, str], ...]) -> Path:
    for old, new in changes:
        assert old in text, f"nothing to change: {old}"
        text = text.replace(old, new)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path

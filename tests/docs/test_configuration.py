"""docs/configuration.md: its example loads, and its tables have every key with its default and none that does not exist."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from riskd.daemon.settings import Settings
from riskd.daemon.settings_file import parse_settings
from riskd.model.desk import Mode
from riskd.policy.text.units import parse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
TEXT = PAGE.read_text(encoding="utf-8")


def models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A section and all within it."""
    yield kind
    for field in kind.model_fields.values():
        yield from (each for inner in inside(field.annotation) for each in models(inner))


def inside(annotation: object) -> Iterator[type[BaseModel]]:
    """Sections that an annotation holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from inside(part)


def rows() -> dict[str, list[str]]:
    """What stands under "when left out", for each key of each table."""
    found: dict[str, list[str]] = {}
    for keys, default in re.findall(r"^\| (`[^|]+`) \| [^|]+ \| ([^|]+) \|$", TEXT, flags=re.MULTILINE):
        for key in re.findall(r"`([a-z_]+)`", keys):
            found.setdefault(key, []).append(default)
    return found


def numbers() -> list[tuple[str, float]]:
    """Every key with a number as its default."""
    return [
        (name, float(field.default))
        for kind in dict.fromkeys(models(Settings))
        for name, field in kind.model_fields.items()
        if isinstance(field.default, int | float)
    ]


def test_the_example_is_a_valid_configuration() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    settings = parse_settings("riskd.yaml", example)
    assert settings.ceiling is Mode.ENFORCE
    assert [account.id for account in settings.accounts] == ["main", "hedge"]


def test_every_key_is_described_and_no_other() -> None:
    in_tables = set(rows()) | {"spot", "credential", "channel", "endpoint"}
    assert in_tables == {name for kind in models(Settings) for name in kind.model_fields}


@pytest.mark.parametrize(("key", "default"), numbers())
def test_the_default_that_is_told_is_the_one_that_holds(key: str, default: float) -> None:
    told = [text for cell in rows()[key] for text in re.findall(r"`([^`]+)`", cell)]
    assert default in [float(text) if text.isdigit() else parse(text).value for text in told]

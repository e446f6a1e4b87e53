"""Who may do what, as `riskd.yaml` says it: people, how they are recognised, and their roles."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from riskd.act.decision import Role
from riskd.daemon.settings_fields import Section


def _plain(name: str) -> str:
    if not name.isprintable() or name != name.strip() or unicodedata.normalize("NFC", name) != name:
        raise ValueError("write a name without control characters, and without spaces around it")
    return name


PersonName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_plain)]
UnixName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
SlackId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,20}$")]


class PersonSettings(Section):
    """One person, by any number of ways the same."""

    name: PersonName
    unix: UnixName | None = None
    slack: SlackId | None = None
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _can_be_recognised(self) -> PersonSettings:
        if self.unix is None and self.slack is None:
            raise ValueError(f"{self.name} cannot be recognised: give unix, slack, or both")
        return self


def _each_once(people: tuple[PersonSettings, ...]) -> tuple[PersonSettings, ...]:
    """Nobody twice: one person under two names would be four eyes alone."""
    for what in ("name", "unix", "slack"):
        known = [getattr(person, what) for person in people]
        twice = sorted({each for each in known if each is not None and known.count(each) > 1})
        if twice:
            raise ValueError(f"{what} {twice[0]!r} is given twice")
    return people


PeopleList = Annotated[tuple[PersonSettings, ...], AfterValidator(_each_once)]

"""Tells bots where nothing new may be opened: while any firing alert asks for ``block_new_risk``, and no longer.

riskd opens nothing itself, so that blocking new risk is a word to others. It is a state and not an event: a file for each
paused account, and the same words to webhooks. It follows from the alerts alone, which survive a restart; so the files
of the last run stand until the first look of the next one, and what is not known never takes one away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from riskd.act.modes import Permissions
from riskd.adapters.pause_file import PauseFileError, PauseFiles
from riskd.cycle import CycleResult
from riskd.daemon.messages import system_message
from riskd.daemon.subject_owner import owners
from riskd.daemon.webhook_queue import WebhookQueue
from riskd.execution import PlanResult
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.desk import AccountProfile, Desk, LegKind, Mode
from riskd.model.message import Message
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level
from riskd.policy.rule import ActionKind, Rule
from riskd.ports import Clock
from riskd.record.canonical import instant_text

FORMAT = "pause/v1"
EVERYTHING = "*"

# An alert that clears is on its way back and not there yet.
_STANDING = frozenset({Condition.FIRING, Condition.CLEARING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing new may be opened in an account, or in some symbols of it.

    Attributes:
        since: When the first of the alerts that ask for it began to fire; None: not known.
        rules: ``policy/rule`` of each alert, sorted.
        subjects: In words, sorted.
        symbols: Globs over unified symbols; ``*`` alone: the whole account.
    """

    account: str
    since: datetime | None
    rules: tuple[str, ...]
    subjects: tuple[str, ...]
    symbols: tuple[str, ...]


class Pauses:
    """Keeps files and webhooks in step with the alerts. A listener of the service.

    Args:
        files: One for each paused account.
        hooks: Receivers of webhooks.
        ceiling: How far the daemon may go: where it only observes, nobody is paused.
        say: Queues a message to people.
    """

    def __init__(
        self,
        files: PauseFiles,
        *,
        hooks: Sequence[WebhookQueue] = (),
        ceiling: Mode,
        say: Callable[[Message], None],
        clock: Clock,
    ) -> None:
        self._files = files
        self._hooks = tuple(hooks)
        self._ceiling = ceiling
        self._say = say
        self._clock = clock
        self._told: dict[str, Pause | None] = {}  # what webhooks were told, by account
        self._fault = ""
        self._log = structlog.get_logger("riskd")

    def after_cycle(self, result: CycleResult) -> None:
        """Pause what alerts ask to be paused, and nothing else. Files first: they need nobody who listens."""
        rules = {reading.rule.id: reading.rule for reading in result.readings}
        desk = result.snapshot.desk
        pauses = pauses_of(result.advance.states, rules, desk, ceiling=self._ceiling)
        self._write(pauses)
        self._post(pauses, desk)

    def after_plan(self, _result: PlanResult) -> None:
        """Plans pause nothing."""

    async def close(self, *, patience_seconds: float) -> None:
        """Give webhooks a moment. Files stay as they are: who is paused is paused while riskd is away, too."""
        for hook in self._hooks:
            await hook.close(patience_seconds=patience_seconds)

    async def abandon(self) -> None:
        """Drop what is under way."""
        for hook in self._hooks:
            await hook.abandon()

    def _write(self, pauses: Mapping[str, Pause]) -> None:
        """Bring the files in step; what fails is said once and tried again in the next cycle."""
        faults: list[str] = []
        try:
            there = self._files.read()
        except PauseFileError as error:
            there, faults = {}, [str(error)]
        wanted = {account: pause_text(pause).encode() for account, pause in pauses.items()}
        for account, content in wanted.items():
            if there.get(account) != content:
                faults += _tried(partial(self._files.write, account, content))
        for account in sorted(there.keys() - wanted.keys()):
            faults += _tried(partial(self._files.remove, account))
        self._tell_fault("; ".join(faults))

    def _tell_fault(self, fault: str) -> None:
        if fault and not self._fault:
            self._say(
                system_message(
                    word="pause",
                    headline="riskd cannot tell bots by file where nothing new may be opened",
                    level=Level.CRITICAL,
                    body=(fault,),
                    at=self._clock.now(),
                )
            )
        if fault:
            self._log.error("pause_files", fault=fault)
        self._fault = fault

    def _post(self, pauses: Mapping[str, Pause], desk: Desk) -> None:
        """Tell receivers what changed; after a start, how every account stands."""
        now = self._clock.now()
        for profile in desk.accounts:
            pause = pauses.get(profile.id)
            if profile.id in self._told and self._told[profile.id] == pause:
                continue
            was = self._told.get(profile.id)
            self._told[profile.id] = pause
            if pause is not None or was is not None:
                self._log.info("paused" if pause else "pause_lifted", account=profile.id)
            for hook in self._hooks:
                hook.put(profile.id, hook_text(profile.id, pause, now).encode())
        for hook in self._hooks:
            hook.deliver()


def pauses_of(
    states: Mapping[AlertKey, AlertState], rules: Mapping[str, Rule], desk: Desk, *, ceiling: Mode
) -> dict[str, Pause]:
    """Who is paused, by account in the order of the desk.

    Args:
        states: Every alert as it stands; one whose value is unknown keeps what it asked for.
        rules: Those in force, by id.
        desk: Whose accounts they are, and how far each is armed.
        ceiling: How far the daemon may go.
    """
    asking = [
        (key, state)
        for key, state in states.items()
        if state.condition in _STANDING and key.rule in rules and _blocks(rules[key.rule], state.level)
    ]
    found: dict[str, Pause] = {}
    for profile in desk.accounts:
        own = [
            (key, state)
            for key, state in asking
            if _lies_in(key.subject, profile, desk) and _allowed(rules[key.rule], profile, ceiling)
        ]
        if own:
            found[profile.id] = _pause(profile, own, desk)
    return found


def pause_text(pause: Pause) -> str:
    """What a pause file holds."""
    return json.dumps(_document(pause.account, pause), indent=2, ensure_ascii=False) + "\n"


def hook_text(account: str, pause: Pause | None, at: datetime) -> str:
    """What a webhook says: the same, also of an account that is not paused, and when it came to be so."""
    return json.dumps({**_document(account, pause), "at": instant_text(at)}, ensure_ascii=False)


def _tried(work: Callable[[], None]) -> list[str]:
    try:
        work()
    except PauseFileError as error:
        return [str(error)]
    return []


def _document(account: str, pause: Pause | None) -> dict[str, object]:
    since = None if pause is None or pause.since is None else instant_text(pause.since)
    return {
        "riskd": FORMAT,
        "account": account,
        "paused": pause is not None,
        "since": since,
        "until": None if pause is None else "cleared",
        "rules": list(pause.rules) if pause else [],
        "subjects": list(pause.subjects) if pause else [],
        "symbols": list(pause.symbols) if pause else [],
    }


def _blocks(rule: Rule, level: Level) -> bool:
    return any(action.kind is ActionKind.BLOCK_NEW_RISK for action in rule.actions_at(level))


def _allowed(rule: Rule, profile: AccountProfile, ceiling: Mode) -> bool:
    """In ``observe`` nothing leaves the process. A word to bots is no order, so that ``propose`` is enough for it."""
    permissions = Permissions(ceiling=ceiling, policy=rule.mode, rule=rule.mode, account=profile.mode)
    return permissions.mode is not Mode.OBSERVE


def _lies_in(subject: Subject, profile: AccountProfile, desk: Desk) -> bool:
    """Whether a subject is of an account. One that is of no account that is known is everybody's: new risk can wait."""
    if subject.grain in (Grain.INSTRUMENT, Grain.EXCHANGE):
        return subject.part("venue") == profile.venue
    if subject.grain is Grain.DESK:
        return subject.part("desk") == profile.desk
    of = owners(subject, desk)
    return profile.id in of or not of


def _pause(profile: AccountProfile, asking: Sequence[tuple[AlertKey, AlertState]], desk: Desk) -> Pause:
    symbols = {symbol for key, _ in asking for symbol in _symbols(key.subject, profile, desk)}
    begun = [state.opened_at for _, state in asking if state.opened_at is not None]
    return Pause(
        account=profile.id,
        since=min(begun, default=None),
        rules=tuple(sorted({key.rule for key, _ in asking})),
        subjects=tuple(sorted({str(key.subject) for key, _ in asking})),
        symbols=(EVERYTHING,) if EVERYTHING in symbols else tuple(sorted(symbols)),
    )


def _symbols(subject: Subject, profile: AccountProfile, desk: Desk) -> Iterable[str]:
    """Globs over what may not be opened; ``*`` where it is more than some contracts."""
    match subject.grain:
        case Grain.POSITION | Grain.INSTRUMENT:
            return (subject.part("symbol"),)
        case Grain.ASSET:
            return (f"{subject.part('asset')}/*",)
        case Grain.GRID:
            grids = [grid.symbol for grid in desk.grids if grid.id == subject.part("grid")]
            return grids or (EVERYTHING,)
        case Grain.HEDGE:
            legs = [leg for each in desk.hedges if each.id == subject.part("hedge") for leg in each.legs]
            own = [leg for leg in legs if leg.account == profile.id]
            return [f"{leg.name}/*" if leg.kind is LegKind.SPOT else leg.name for leg in own] or (EVERYTHING,)
        case _:
            return (EVERYTHING,)

"""The configuration file, `riskd.yaml`: what no venue knows. Secrets are only named here, never written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from riskd.daemon.settings_fields import NAME_PATTERN, Name, Seconds, Section, measured
from riskd.daemon.settings_orders import OrderSettings as OrderSettings
from riskd.daemon.settings_people import PeopleList
from riskd.daemon.settings_scenarios import ScenarioList, scenarios_of
from riskd.daemon.settings_webhooks import WebhookList
from riskd.measure.spec import Unit
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
from riskd.policy.scope.symbol_globs import exact_symbol_fault, symbol_fault

_PREFIX = r"^[A-Za-z0-9_.:/-]{0,36}$"

ModeName = Literal["observe", "propose", "enforce"]

_MODES: Mapping[str, Mode] = {"observe": Mode.OBSERVE, "propose": Mode.PROPOSE, "enforce": Mode.ENFORCE}


class CycleSettings(Section):
    """How often the accounts are read and judged."""

    every: Seconds = 10.0
    near_limits: Seconds = 5.0

    @model_validator(mode="after")
    def _near_is_not_slower(self) -> CycleSettings:
        if self.near_limits > self.every:
            raise ValueError("near_limits must not be longer than every: near a limit riskd looks more often")
        return self


def _without(fault_of: Callable[[str], tuple[str, str] | None]) -> AfterValidator:
    """Refuses a name by its form, with what to write instead."""

    def read(name: str) -> str:
        fault = fault_of(name)
        if fault is not None:
            raise ValueError("; ".join(fault))
        return name

    return AfterValidator(read)


SymbolPattern = Annotated[str, _without(symbol_fault)]
Symbol = Annotated[str, _without(exact_symbol_fault)]


class StrategySettings(Section):
    """One line of an account's strategies."""

    symbols: Annotated[tuple[SymbolPattern, ...], Field(min_length=1)]
    strategy: Name
    client_id_prefix: Annotated[str, Field(pattern=_PREFIX)] = ""


SENT_TO_BUT_NOT_READ = frozenset({"bybit", "okx"})
"""Venues whose orders have passed the conformance suite (``riskd.adapters.senders``) and that no reader speaks with yet."""


def _readable(venue: object) -> object:
    """Refuses a venue that riskd could send to, saying why that is not enough."""
    if venue in SENT_TO_BUT_NOT_READ:
        raise ValueError(
            f"{venue} cannot be read yet, so no account there can be watched or armed; its orders alone have passed the "
            "conformance suite (docs/conformance.md). Readable: binanceusdm"
        )
    return venue


class AccountSettings(Section):
    """One account."""

    id: Name
    venue: Annotated[Literal["binanceusdm"], BeforeValidator(_readable)]
    credential: Name
    trading_credential: Name | None = None
    endpoint: str | None = None
    desk: str = ""
    book: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    strategies: tuple[StrategySettings, ...] = ()
    mode: ModeName = "observe"

    @model_validator(mode="after")
    def _checks(self) -> AccountSettings:
        if self.endpoint is not None and not _is_loopback(self.endpoint):
            raise ValueError(
                f"endpoint {self.endpoint!r} is not on this machine; an endpoint is only for the paper venue, "
                "for example http://127.0.0.1:8900"
            )
        # Where no order can leave, no key that could send one has to exist.
        if self.mode == "enforce" and self.trading_credential is None:
            raise ValueError(
                f"mode {self.mode} needs trading_credential: a second key that may trade; "
                "the key in `credential` stays read-only"
            )
        if self.trading_credential is not None and self.trading_credential == self.credential:
            raise ValueError("trading_credential must be another key than credential")
        return self


class LegSettings(Section):
    """One leg of a hedge: spot of an asset or a perpetual."""

    account: Name
    spot: str | None = None
    symbol: Symbol | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> LegSettings:
        if (self.spot is None) == (self.symbol is None):
            raise ValueError("a leg names either spot (an asset) or symbol (a perpetual)")
        return self


class HedgeSettings(Section):
    """A hedge; its first leg is what is hedged."""

    id: Name
    legs: Annotated[tuple[LegSettings, ...], Field(min_length=2)]
    ratio: Annotated[float, measured(Unit.RATIO), Field(gt=0, strict=True)] = 1.0
    labels: dict[str, str] = Field(default_factory=dict)


class GridSettings(Section):
    """A grid; its resting orders are read from the venue."""

    id: Name
    account: Name
    symbol: Symbol
    lower: Decimal | None = None
    upper: Decimal | None = None


def _clusters_of(value: object) -> Mapping[str, tuple[str, ...]] | None:
    """Read by hand: the word or the mapping, with one message for either. None: they are measured."""
    form = "write `measured`, or names with their coins: {majors: [BTC, ETH]}"
    if value == "measured" or value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} is no clusters; {form}")  # noqa: TRY004 - pydantic takes ValueErrors only
    found: dict[str, str] = {}
    for name, assets in value.items():
        if not re.fullmatch(NAME_PATTERN, name):
            raise ValueError(f"{name!r} is no name: small letters, digits, - and _")
        if not isinstance(assets, list | tuple) or not assets or not all(isinstance(a, str) for a in assets):
            raise ValueError(f"{name!r} has no list of coins; {form}")
        for asset in assets:
            if asset in found:
                raise ValueError(f"{asset} is in {found[asset]!r} and in {name!r}; a coin is in one cluster")
            found[asset] = name
    return {name: tuple(assets) for name, assets in value.items()}


ClusterSettings = Annotated[Mapping[str, tuple[str, ...]] | None, PlainValidator(_clusters_of)]


class SlackSettings(Section):
    """Where messages go."""

    credential: Name
    app_credential: Name | None = None
    channel: Annotated[str, Field(min_length=1)]
    endpoint: str | None = None

    @model_validator(mode="after")
    def _local(self) -> SlackSettings:
        if self.endpoint is not None and not _is_loopback(self.endpoint):
            raise ValueError("endpoint is only for a Slack stand-in on this machine")
        if self.app_credential == self.credential:
            raise ValueError(
                "app_credential must be another file than credential: it holds the token of the app"
            )
        return self


class NotifySettings(Section):
    """Channels to people. The console is always one of them."""

    slack: SlackSettings | None = None
    webhooks: WebhookList = ()


class FreshnessSettings(Section):
    """Ages beyond which a surface is no longer believed."""

    positions: Seconds = 30.0
    orders: Seconds = 90.0
    marks: Seconds = 30.0
    settings: Seconds = 900.0
    brackets: Seconds = 6 * 3600.0
    income: Seconds = 600.0


class LedgerSettings(Section):
    """What the ledger keeps. Accounts, alerts, plans and orders are kept for ever, and so is the journal."""

    keep_details: Seconds = 90 * 86400.0


class ReloadSettings(Section):
    """How new policies come into force."""

    shadow_cycles: Annotated[int, Field(ge=0, le=1000, strict=True)] = 3


class Settings(Section):
    """The whole file."""

    riskd: Literal["config/v1"]
    mode: ModeName = "observe"
    policies: Annotated[tuple[str, ...], Field(min_length=1)]
    waivers: tuple[str, ...] = ()
    state: str | None = None
    runtime: str | None = None
    cycle: CycleSettings = CycleSettings()
    accounts: Annotated[tuple[AccountSettings, ...], Field(min_length=1)]
    hedges: tuple[HedgeSettings, ...] = ()
    grids: tuple[GridSettings, ...] = ()
    clusters: ClusterSettings = None
    scenarios: ScenarioList = ()
    notify: NotifySettings = NotifySettings()
    people: PeopleList = ()
    freshness: FreshnessSettings = FreshnessSettings()
    orders: OrderSettings = OrderSettings()
    ledger: LedgerSettings = LedgerSettings()
    reload: ReloadSettings = ReloadSettings()

    @model_validator(mode="after")
    def _names_refer(self) -> Settings:
        ids = [account.id for account in self.accounts]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"account id {twice[0]!r} is given twice")
        for owner, account in self._references():
            if account not in ids:
                raise ValueError(f"{owner} names account {account!r}, which is not among {', '.join(ids)}")
        return self

    def _references(self) -> list[tuple[str, str]]:
        legs = [(f"hedge {hedge.id}", leg.account) for hedge in self.hedges for leg in hedge.legs]
        return legs + [(f"grid {grid.id}", grid.account) for grid in self.grids]

    @property
    def policy_files(self) -> tuple[str, ...]:
        """Everything that is loaded together: policies, then waivers. What a file begins with says which it is."""
        return (*self.policies, *self.waivers)

    @property
    def ceiling(self) -> Mode:
        """How far riskd may go at all."""
        return _MODES[self.mode]

    def desk(self) -> Desk:
        """The book as the stages know it."""
        return Desk(
            accounts=tuple(_profile(account) for account in self.accounts),
            hedges=tuple(_hedge(hedge) for hedge in self.hedges),
            grids=tuple(
                GridDefinition(
                    id=grid.id, account=grid.account, symbol=grid.symbol, lower=grid.lower, upper=grid.upper
                )
                for grid in self.grids
            ),
            clusters=_clusters(self.clusters),
            scenarios=scenarios_of(self.scenarios),
        )


def _clusters(clusters: Mapping[str, tuple[str, ...]] | None) -> tuple[Cluster, ...] | None:
    if clusters is None:
        return None
    return tuple(Cluster(name=name, assets=assets) for name, assets in sorted(clusters.items()))


def _profile(account: AccountSettings) -> AccountProfile:
    return AccountProfile(
        id=account.id,
        venue=account.venue,
        desk=account.desk,
        book=account.book,
        labels=tuple(sorted(account.labels.items())),
        strategies=tuple(
            StrategyMatch(
                symbols=match.symbols, strategy=match.strategy, client_id_prefix=match.client_id_prefix
            )
            for match in account.strategies
        ),
        mode=_MODES[account.mode],
    )


def _hedge(hedge: HedgeSettings) -> HedgeDefinition:
    legs = tuple(
        HedgeLeg(account=leg.account, kind=LegKind.SPOT, name=leg.spot)
        if leg.spot is not None
        else HedgeLeg(account=leg.account, kind=LegKind.PERPETUAL, name=str(leg.symbol))
        for leg in hedge.legs
    )
    ratio = Decimal(str(hedge.ratio))
    return HedgeDefinition(id=hedge.id, legs=legs, ratio=ratio, labels=tuple(sorted(hedge.labels.items())))


def _is_loopback(url: str) -> bool:
    """True for http(s) URLs whose host is an address of this machine; names other than localhost are refused."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False

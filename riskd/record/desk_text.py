"""The desk as JSON, so that a recorded snapshot can be judged by the accounts, hedges and grids of its time."""

from __future__ import annotations

from decimal import Decimal

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
from riskd.model.journal import JournalEntry
from riskd.model.scenario import Scenario
from riskd.record.fields import Fields, JsonObject

_MODES = {mode.name.lower(): mode for mode in Mode}


def desk_json(desk: Desk) -> JsonObject:
    """Everything that the configuration says about the book."""
    return {
        "accounts": [_account_json(profile) for profile in desk.accounts],
        "hedges": [_hedge_json(hedge) for hedge in desk.hedges],
        "grids": [_grid_json(grid) for grid in desk.grids],
        "clusters": None
        if desk.clusters is None
        else [{"name": cluster.name, "assets": list(cluster.assets)} for cluster in desk.clusters],
        "scenarios": [_scenario_json(scenario) for scenario in desk.scenarios],
    }


def desk_of(entry: JournalEntry) -> Desk:
    """The desk of an ACCOUNTS entry. Those of versions before 0.2 say nothing of strategies, hedges and grids.

    Raises:
        JournalError: The body is not what its kind promises.
    """
    fields = Fields(entry.body, f"journal entry {entry.sequence} ({entry.kind})")
    return Desk(
        accounts=tuple(_account(item) for item in fields.objects("accounts")),
        hedges=tuple(_hedge(item) for item in fields.objects("hedges")) if fields.has("hedges") else (),
        grids=tuple(_grid(item) for item in fields.objects("grids")) if fields.has("grids") else (),
        clusters=None
        if entry.body.get("clusters") is None
        else tuple(
            Cluster(name=item.text("name"), assets=item.texts("assets"))
            for item in fields.objects("clusters")
        ),
        scenarios=tuple(_scenario(item) for item in fields.objects("scenarios"))
        if fields.has("scenarios")
        else (),
    )


def _account_json(profile: AccountProfile) -> JsonObject:
    return {
        "account": profile.id,
        "venue": profile.venue,
        "desk": profile.desk,
        "book": profile.book,
        "mode": profile.mode.name.lower(),
        "labels": dict(profile.labels),
        "strategies": [
            {"symbols": list(match.symbols), "strategy": match.strategy, "prefix": match.client_id_prefix}
            for match in profile.strategies
        ],
    }


def _account(fields: Fields) -> AccountProfile:
    mode = fields.text("mode")
    if mode not in _MODES:
        raise JournalError(f"{fields.where}: mode: expected one of {', '.join(_MODES)}, was {mode!r}")
    return AccountProfile(
        id=fields.text("account"),
        venue=fields.text("venue"),
        desk=fields.text("desk"),
        book=fields.text("book"),
        labels=_labels(fields),
        strategies=tuple(_strategy(item) for item in fields.objects("strategies"))
        if fields.has("strategies")
        else (),
        mode=_MODES[mode],
    )


def _strategy(fields: Fields) -> StrategyMatch:
    return StrategyMatch(
        symbols=fields.texts("symbols"),
        strategy=fields.text("strategy"),
        client_id_prefix=fields.text("prefix"),
    )


def _hedge_json(hedge: HedgeDefinition) -> JsonObject:
    return {
        "id": hedge.id,
        "legs": [{"account": leg.account, "kind": leg.kind.value, "name": leg.name} for leg in hedge.legs],
        "ratio": str(hedge.ratio),
        "labels": dict(hedge.labels),
    }


def _hedge(fields: Fields) -> HedgeDefinition:
    return HedgeDefinition(
        id=fields.text("id"),
        legs=tuple(
            HedgeLeg(account=leg.text("account"), kind=leg.word("kind", LegKind), name=leg.text("name"))
            for leg in fields.objects("legs")
        ),
        ratio=fields.decimal("ratio"),
        labels=_labels(fields),
    )


def _grid_json(grid: GridDefinition) -> JsonObject:
    return {
        "id": grid.id,
        "account": grid.account,
        "symbol": grid.symbol,
        "lower": _exact(grid.lower),
        "upper": _exact(grid.upper),
    }


def _grid(fields: Fields) -> GridDefinition:
    return GridDefinition(
        id=fields.text("id"),
        account=fields.text("account"),
        symbol=fields.text("symbol"),
        lower=fields.decimal_or_none("lower"),
        upper=fields.decimal_or_none("upper"),
    )


def _scenario_json(scenario: Scenario) -> JsonObject:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "others": repr(scenario.others),
        "moves": [{"coin": coin, "move": repr(move)} for coin, move in scenario.moves],
    }


def _scenario(fields: Fields) -> Scenario:
    return Scenario(
        name=fields.text("name"),
        title=fields.text("title"),
        others=float(fields.decimal("others")),
        moves=tuple((item.text("coin"), float(item.decimal("move"))) for item in fields.objects("moves")),
    )


def _labels(fields: Fields) -> tuple[tuple[str, str], ...]:
    found = fields.object("labels")
    return tuple(sorted((name, str(value)) for name, value in found.items()))


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else str(value)

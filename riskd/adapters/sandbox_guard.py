"""Decides whether a policy's SQL may be asked: walks the statement as DuckDB's own parser understood it.

Nothing is searched for in the text. The engine that will run the statement says what it is made of, and every part has to
be on the list of ``sandbox_grammar``. So comments, quoting and spelling cannot hide anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from riskd.adapters.sandbox_grammar import (
    AGGREGATES,
    FIELDS,
    FUNCTIONS,
    JOINS,
    OPERATOR_EXPRESSIONS,
    ORDERED_WINDOWS,
    TYPES,
    WORDS_THAT_ARE_CALLS,
)
from riskd.model.answer import Read, Refusal

CHARACTERS_MAX = 10_000
SCHEMA = "exposure"

_NOWHERE = 2**63  # what the parser says of a node that stands nowhere
_WHOLE_FRAME = ("UNBOUNDED_PRECEDING", "CURRENT_ROW_RANGE")

Node = dict[str, Any]  # a tree of the engine's own making: its forms are checked here, one by one
Schema = Mapping[str, Sequence[str]]
"""Columns of each table."""


class Refused(Exception):
    """The statement may not be asked."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.what)


def examine(serialized: str, schema: Schema) -> frozenset[Read]:
    """Every column that a statement may look at.

    Args:
        serialized: What ``json_serialize_sql`` says of it.
        schema: The tables that it may see.

    Raises:
        Refused: It is not exactly one SELECT, or made of something that is not allowed.
    """
    try:
        tree: Node = json.loads(serialized)
        return _reads(tree, schema)
    except RecursionError:
        _refuse("the query is nested too deeply", "break it up by `with`")


def _reads(tree: Node, schema: Schema) -> frozenset[Read]:
    if tree.get("error"):
        _refuse_unparsed(tree)
    statements = tree["statements"]
    if len(statements) != 1:
        _refuse(f"there are {len(statements)} statements", "write exactly one SELECT")
    if statements[0].get("named_param_map"):
        _refuse("a query has no parameters", "write the value itself; the time is exposure.snapshot.as_of")
    walk = _Walk(schema, names=_aliases(tree))
    walk.query(statements[0]["node"], frozenset())
    return walk.reads()


def _refuse(what: str, cure: str = "", node: Node | None = None) -> NoReturn:
    place = node.get("query_location") if node is not None else None
    known = isinstance(place, int) and place < _NOWHERE
    raise Refused(Refusal(what=what, cure=cure, offset=place if known else None))


def _refuse_unparsed(tree: Node) -> NoReturn:
    if tree.get("error_type") == "not implemented":
        _refuse("this is not a SELECT", "write exactly one SELECT")
    position = str(tree.get("position", ""))
    offset = int(position) if position.isdigit() else None
    raise Refused(Refusal(what=str(tree.get("error_message", "it cannot be read as SQL")), offset=offset))


class _Walk:
    """One pass over a statement. Every method refuses what it does not know."""

    def __init__(self, schema: Schema, *, names: frozenset[str]) -> None:
        self._schema = schema
        self._names = names | {column.lower() for columns in schema.values() for column in columns}
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        self._all_columns = False

    def reads(self) -> frozenset[Read]:
        """What was seen so far. A table of which only the rows are counted is read by its first column."""
        found: set[Read] = set()
        for table in self._tables:
            columns = self._schema[table]
            named = [column for column in columns if self._all_columns or column in self._columns]
            found |= {(table, column) for column in named or columns[:1]}
        return frozenset(found)

    # ---- queries ---------------------------------------------------------------------------------------------------

    def query(self, node: Node, outer: frozenset[str]) -> None:
        """A SELECT, or several joined by UNION and the like. ``outer``: names of the common tables in sight."""
        kind = node["type"]
        if kind == "RECURSIVE_CTE_NODE":
            _refuse("the query is recursive", "a query must end by itself")
        if kind not in ("SELECT_NODE", "SET_OPERATION_NODE"):
            _refuse(f"{_words(kind)} is not allowed in a query")
        _only_known_fields(kind, node)
        scope = self._with_common_tables(node["cte_map"]["map"], outer)
        if kind == "SELECT_NODE":
            self._select(node, scope)
        else:
            for part in (node.get("left"), node.get("right"), *(node.get("children") or ())):
                if part is not None:
                    self.query(part, scope)
        self._modifiers(node["modifiers"], scope)

    def _with_common_tables(self, entries: Sequence[Node], scope: frozenset[str]) -> frozenset[str]:
        for entry in entries:
            common = entry["value"]
            if common.get("key_targets"):
                _refuse("the query is recursive", "a query must end by itself")
            self.query(common["query"]["node"], scope)
            scope |= {str(entry["key"]).lower()}
        return scope

    def _select(self, node: Node, scope: frozenset[str]) -> None:
        self._expressions(node["select_list"], scope)
        self._source(node["from_table"], scope)
        for clause in (node["where_clause"], node["having"], node["qualify"]):
            self._expression(clause, scope)
        self._expressions(node["group_expressions"], scope)

    def _modifiers(self, modifiers: Sequence[Node], scope: frozenset[str]) -> None:
        kinds = [modifier["type"] for modifier in modifiers]
        for modifier, kind in zip(modifiers, kinds, strict=True):
            if kind == "ORDER_MODIFIER":
                self._orders(modifier["orders"], scope)
            elif kind == "DISTINCT_MODIFIER" and not modifier["distinct_on_targets"]:
                continue
            elif kind == "LIMIT_MODIFIER":
                if "ORDER_MODIFIER" not in kinds:
                    _refuse("LIMIT without ORDER BY picks any rows", "order them, or leave LIMIT out")
                self._expressions([modifier["limit"], modifier["offset"]], scope)
            else:
                _refuse(f"{_words(kind)} is not allowed in a query")

    def _orders(self, orders: Iterable[Node], scope: frozenset[str]) -> None:
        self._expressions([order["expression"] for order in orders], scope)

    # ---- tables ----------------------------------------------------------------------------------------------------

    def _source(self, ref: Node, scope: frozenset[str]) -> None:
        kind = ref["type"]
        known = "SUBQUERY_REF" if kind == "SUBQUERY" else kind
        if kind == "TABLE_FUNCTION":
            name = ref["function"].get("function_name", "")
            _refuse(
                f"the table function {name} is not allowed", "read the tables of exposure", ref["function"]
            )
        if known not in ("BASE_TABLE", "JOIN", "SUBQUERY_REF", "EXPRESSION_LIST", "EMPTY"):
            _refuse(f"{_words(kind)} is not allowed in a query", node=ref)
        _only_known_fields(known, ref)
        match kind:
            case "BASE_TABLE":
                self._table(ref, scope)
            case "JOIN":
                self._join(ref, scope)
            case "SUBQUERY":
                self.query(ref["subquery"]["node"], scope)
            case "EXPRESSION_LIST":
                for row in ref["values"]:
                    self._expressions(row, scope)
            case _:
                pass  # EMPTY: a SELECT without FROM

    def _table(self, ref: Node, scope: frozenset[str]) -> None:
        schema, name = str(ref["schema_name"]).lower(), str(ref["table_name"]).lower()
        if schema == SCHEMA and name in self._schema:
            self._tables.add(name)
        elif schema or name not in scope:
            shown = ".".join(part for part in (ref["schema_name"], ref["table_name"]) if part)
            cure = (
                f"write {SCHEMA}.{name}"
                if name in self._schema
                else f"there are {', '.join(sorted(self._schema))}"
            )
            _refuse(f"a query cannot see {shown!r}", cure, ref)

    def _join(self, ref: Node, scope: frozenset[str]) -> None:
        if ref["ref_type"] not in JOINS:
            _refuse(
                f"a {str(ref['ref_type']).lower()} join is not allowed",
                "say by `on` or `using` what belongs together",
                ref,
            )
        self._source(ref["left"], scope)
        self._source(ref["right"], scope)
        self._expression(ref["condition"], scope)
        self._columns.update(str(column).lower() for column in ref["using_columns"])

    # ---- expressions -----------------------------------------------------------------------------------------------

    def _expressions(self, nodes: Iterable[Node | None], scope: frozenset[str]) -> None:
        for node in nodes:
            self._expression(node, scope)

    def _expression(self, node: Node | None, scope: frozenset[str]) -> None:
        if node is None:
            return
        kind = node["class"]
        if kind == "PARAMETER":
            _refuse("a query has no parameters", "write the value itself", node)
        if kind not in FIELDS:
            _refuse(f"{_words(kind)} is not allowed in a query", node=node)
        _check_alone(kind, node)
        match kind:
            case "COLUMN_REF":
                self._column(node)
            case "STAR":
                self._all_columns = True
            case "SUBQUERY":
                self.query(node["subquery"]["node"], scope)
            case "WINDOW" | "FUNCTION":
                self._called(node, scope)
            case _:
                pass  # it has nothing but its parts
        self._expressions(_children(node), scope)

    def _called(self, node: Node, scope: frozenset[str]) -> None:
        if node["class"] == "FUNCTION":
            self._orders(node["order_bys"]["orders"], scope)
        else:
            self._orders(node["orders"], scope)

    def _column(self, node: Node) -> None:
        name = str(node["column_names"][-1]).lower()
        if name in WORDS_THAT_ARE_CALLS:
            _refuse(
                f"{name} is not allowed: the same snapshot must give the same answer",
                "read exposure.snapshot.as_of",
                node,
            )
        if name not in self._names:
            near = get_close_matches(name, self._names, n=1)
            _refuse(f"there is no column {name!r}", f"did you mean {near[0]!r}?" if near else "", node)
        self._columns.add(name)


def _check_alone(kind: str, node: Node) -> None:
    """What can be said of an expression without looking at its parts."""
    _only_known_fields(kind, node)
    match kind:
        case "CONSTANT":
            _check_type(node["value"]["type"], node)
        case "CAST":
            _check_type(node["cast_type"], node)
        case "OPERATOR" if node["type"] not in OPERATOR_EXPRESSIONS:
            _refuse(f"{_words(node['type'])} is not allowed in a query", node=node)
        case "FUNCTION":
            _check_function(node)
        case "WINDOW":
            _check_window(node)
        case _:
            pass  # its kind is all there is to it


def _check_type(found: Node, node: Node) -> None:
    if found["id"] not in TYPES or (found.get("type_info") and found["id"] != "DECIMAL"):
        _refuse(
            f"the type {_words(found['id'])} is not allowed in a query", "use numbers, text or boolean", node
        )


def _check_function(node: Node) -> None:
    name = str(node["function_name"]).lower()
    if name not in FUNCTIONS:
        _refuse(f"the function {name} is not allowed", _instead(name), node)


def _check_window(node: Node) -> None:
    name = str(node["function_name"]).lower()
    is_aggregate = node["type"] == "WINDOW_AGGREGATE" and name in AGGREGATES
    if not is_aggregate and node["type"] not in ORDERED_WINDOWS:
        _refuse(f"the window function {name} is not allowed", node=node)
    has_frame = (node["start"], node["end"]) != _WHOLE_FRAME
    if not node["orders"] and (has_frame or not is_aggregate):
        _refuse(
            f"{name} over rows without an order picks any of them", "add `order by` to `over (...)`", node
        )


def _instead(name: str) -> str:
    if name in {"first", "last", "any_value", "arbitrary", "list", "array_agg", "string_agg"}:
        return "it depends on the order of rows; use min, max or sum"
    if name.startswith(("isnan", "isinf", "isfinite")):
        return "what is unknown stays unknown; riskd judges it"
    return "docs/policy-language.md lists those that are"


def _children(node: Node) -> Iterator[Node | None]:
    """The expressions right below one; subqueries and orders are looked at by themselves."""
    for field in ("left", "right", "input", "lower", "upper", "child", "else_expr", "filter", "filter_expr"):
        yield node.get(field)
    for field in ("start_expr", "end_expr", "offset_expr", "default_expr"):
        yield node.get(field)
    for field in ("children", "partitions"):
        yield from node.get(field) or ()
    for check in node.get("case_checks") or ():
        yield check["when_expr"]
        yield check["then_expr"]


def _only_known_fields(kind: str, node: Node) -> None:
    for field, value in node.items():
        if field not in FIELDS[kind] and value:
            _refuse(f"{_words(field)} is not allowed in a query", node=node)


def _aliases(tree: object) -> frozenset[str]:
    """Every name that the statement itself gives: to a column, a table or a common table."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            given = (part.get("alias"), part.get("key"))
            found |= {name.lower() for name in given if isinstance(name, str)}
            for field in ("column_name_alias", "aliases"):
                found |= {name.lower() for name in part.get(field) or () if isinstance(name, str)}
    return frozenset(found)


def _words(name: object) -> str:
    """``TABLE_FUNCTION`` -> ``table function``."""
    return str(name).replace("_", " ").lower()

"""Reads `riskd.yaml`: the policies' strict YAML, then the settings model, all faults at once with their places."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ValidationError

from riskd.daemon.settings import Settings
from riskd.errors import Problem, SettingsError
from riskd.policy.rule import Mark
from riskd.policy.text.problems import Problems
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode, read_yaml

_CODE = "C001"
# Names under which people write secrets into a configuration, where none belong.
_SECRET = re.compile("key|secret|token|pass", re.IGNORECASE)
_SECRETS_BELONG = (
    "secrets stand in credential files, and the configuration only names these: `credential: NAME`"
)


def read_settings(path: Path) -> Settings:
    """The settings in a file.

    Raises:
        SettingsError: The file cannot be read, or lists every fault found in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            (_fault(str(path), Mark(file=str(path), line=1, column=1), str(error)),)
        ) from error
    return parse_settings(str(path), text)


def parse_settings(file: str, text: str) -> Settings:
    """The settings in a text.

    Raises:
        SettingsError: Lists every fault found.
    """
    problems = Problems(file=file, text=text)
    root = read_yaml(text, problems)
    if root is None:
        raise SettingsError(problems.found)
    try:
        return Settings.model_validate(_plain(root))
    except ValidationError as error:
        lines = text.splitlines()
        faults = _without_secrets([_problem(file, root, found, lines) for found in _found(error)])
        raise SettingsError(tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))) from None


def _found(error: ValidationError) -> list[tuple[tuple[str | int, ...], str, str]]:
    """Place, kind and words of each fault; the input is left out because it may be a secret in the wrong place."""
    listed = error.errors(include_url=False, include_context=False, include_input=False)
    places = [entry["loc"] for entry in listed]
    # A list whose only items are faulty is also reported as too short, which would send people looking for nothing.
    return [
        (entry["loc"], entry["type"], entry["msg"])
        for entry in listed
        if entry["type"] != "too_short" or not any(_is_inside(place, entry["loc"]) for place in places)
    ]


def _is_inside(place: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _problem(
    file: str, root: Node, found: tuple[tuple[str | int, ...], str, str], lines: list[str]
) -> Problem:
    place, kind, words = found
    node, reached = _walk(root, place[:-1] if kind == "extra_forbidden" else place)
    where = ".".join(str(part) for part in place) or "file"
    what, cure = f"{where}: {words.removeprefix('Value error, ')}", ""
    mark = node.mark
    if kind == "extra_forbidden" and isinstance(node, MappingNode):
        key = node.key(str(place[-1]))
        mark = key.mark if key is not None else mark
        near = difflib.get_close_matches(str(place[-1]), _known_keys(place[:-1]), n=1)
        what, cure = f"{where}: unknown key", f"did you mean '{near[0]}'?" if near else ""
        if _SECRET.search(str(place[-1])):
            cure = _SECRETS_BELONG
    elif kind == "missing":
        what = f"{'.'.join(str(part) for part in reached) or 'file'}: {place[-1]} is missing"
    elif place and str(place[-1]).endswith("credential"):
        cure = _SECRETS_BELONG
    source = lines[mark.line - 1] if mark.line <= len(lines) else ""
    return Problem(
        file=file, line=mark.line, column=mark.column, code=_CODE, what=what, cure=cure, source_line=source
    )


def _without_secrets(faults: list[Problem]) -> list[Problem]:
    """Without the lines on which somebody has written a secret: what stands there by mistake must not reach a log."""
    lines = {fault.line for fault in faults if fault.cure == _SECRETS_BELONG}
    return [replace(fault, source_line="") if fault.line in lines else fault for fault in faults]


def _fault(file: str, mark: Mark, what: str) -> Problem:
    return Problem(file=file, line=mark.line, column=mark.column, code=_CODE, what=what)


def _walk(root: Node, place: tuple[str | int, ...]) -> tuple[Node, tuple[str | int, ...]]:
    """The deepest node on the way to ``place`` and how far it was found."""
    node: Node = root
    for depth, part in enumerate(place):
        if isinstance(node, MappingNode):
            inner = node.get(str(part))
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
            inner = node.items[part]
        else:
            inner = None
        if inner is None:
            return node, place[:depth]
        node = inner
    return node, place


def _known_keys(place: tuple[str | int, ...]) -> list[str]:
    """The keys that the settings model knows at a place; empty when the place is a free mapping."""
    model: type[BaseModel] | None = Settings
    for part in place:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        model = None if field is None else _model_in(field.annotation)
    return list(model.model_fields) if model is not None else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The settings model inside ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def _plain(node: Node) -> object:
    """The node as pydantic reads it: every scalar is text but for whole numbers, booleans and null."""
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return {key.text: _plain(value) for key, value in node.entries}


def _scalar(node: ScalarNode) -> object:
    match node.kind:
        case ScalarKind.INTEGER:
            return int(node.text)
        case ScalarKind.BOOLEAN:
            return node.text == "true"
        case ScalarKind.NULL:
            return None
        case _:
            return node.text

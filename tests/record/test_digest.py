"""The digest of a cycle: every cell counts, the way it was coded does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from riskd.record.block import Block
from riskd.record.digest import digest
from tests.record.builder import a_cycle


def changed_numbers(block: Block, column: str) -> Block:
    numbers = dict(block.numbers)
    values = numbers[column].copy()
    if values.dtype.kind == "M":
        values[0] = np.datetime64("2001-01-01", "us")
    elif values.dtype.kind == "b":
        values[0] = not values[0]
    else:
        values[0] = 0.5 if np.isnan(values[0]) else values[0] + 1
    numbers[column] = values
    return replace(block, numbers=tuple(numbers.items()))


def changed_text(block: Block, column: str) -> Block:
    texts = dict(block.texts)
    codes = texts[column].copy()
    codes[0] = len(block.vocabulary) + 1
    texts[column] = codes
    return replace(block, texts=tuple(texts.items()), vocabulary=(*block.vocabulary, "another text"))


def test_the_same_cycle_has_the_same_digest() -> None:
    assert a_cycle(5).digest == a_cycle(5).digest
    assert len(a_cycle().digest) == 64


def test_no_cell_of_a_cycle_can_change_without_the_digest() -> None:
    rows = a_cycle()
    seen = {rows.digest}
    for number, block in enumerate(rows.blocks):
        if not len(block):
            continue
        variants = [changed_numbers(block, name) for name, _ in block.numbers]
        variants += [changed_text(block, name) for name, _ in block.texts]
        for variant in variants:
            seen.add(digest([*rows.blocks[:number], variant, *rows.blocks[number + 1 :]]))

    cells = sum(len(block.numbers) + len(block.texts) for block in rows.blocks if len(block))
    assert len(seen) == cells + 1


def test_the_order_of_rows_counts() -> None:
    rows = a_cycle()
    turned = [
        replace(
            block,
            numbers=tuple((name, values[::-1]) for name, values in block.numbers),
            texts=tuple((name, values[::-1]) for name, values in block.texts),
        )
        for block in rows.blocks
    ]

    assert digest(turned) != rows.digest


def test_the_order_of_blocks_columns_and_words_does_not_count() -> None:
    rows = a_cycle()

    assert digest([recoded(block) for block in reversed(rows.blocks)]) == rows.digest


def recoded(block: Block) -> Block:
    """The same rows: columns turned round, the vocabulary turned round and with words that nobody uses."""
    words = ("unused", *reversed(block.vocabulary))
    at = {word: code for code, word in enumerate(words, start=1)}
    code_of = np.array([0, *(at[word] for word in block.vocabulary)], dtype=np.int32)
    return replace(
        block,
        numbers=tuple(reversed(block.numbers)),
        texts=tuple((name, code_of[codes]) for name, codes in reversed(block.texts)),
        vocabulary=words,
    )


def test_a_column_without_any_value_adds_nothing_so_that_a_later_one_can_be_added() -> None:
    rows = a_cycle()
    wider = [
        replace(
            block,
            numbers=(*block.numbers, ("new_number", np.full(len(block), np.nan))),
            texts=(*block.texts, ("new_text", np.zeros(len(block), dtype=np.int32))),
        )
        for block in rows.blocks
    ]

    assert digest(wider) == rows.digest


@pytest.mark.parametrize(
    ("bits", "plain"), [(0x7FF8000000000001, np.nan), (0xFFF8000000000000, np.nan), (0x8000000000000000, 0.0)]
)
def test_every_nan_is_the_same_unknown_and_every_zero_the_same_zero(bits: int, plain: float) -> None:
    odd = np.array([bits], dtype=np.uint64).view(np.float64)
    column = [np.append(values, 1.0) for values in (odd, np.array([plain]))]

    one, two = (Block(table="t", numbers=(("x", values),), texts=(), vocabulary=()) for values in column)

    assert digest([one]) == digest([two])

"""Entries of venues' wallets as ledger rows. The same entries are read again and again; the ledger keeps each once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskd.model.flow import IncomeKind, IncomeRow
from riskd.record.block import Block, Vocabulary, block, stamps


def income_blocks(incomes: Sequence[tuple[str, IncomeRow]]) -> tuple[Block, ...]:
    """Funding settlements and transfers out of ``(account, entry)``; other kinds have no table."""
    funding = [(account, row) for account, row in incomes if row.kind is IncomeKind.FUNDING]
    transfers = [(account, row) for account, row in incomes if row.kind is IncomeKind.TRANSFER]
    return (_funding(funding), _transfers(transfers))


def _funding(rows: Sequence[tuple[str, IncomeRow]]) -> Block:
    words = Vocabulary()
    numbers = {
        "amount_usd": np.array([float(row.amount) for _, row in rows], dtype=np.float64),
        "settled_at": stamps(row.at for _, row in rows),
    }
    texts = {
        "account": words.codes(account for account, _ in rows),
        "income_id": words.codes(row.id for _, row in rows),
        "symbol": words.codes(row.symbol for _, row in rows),
        "asset": words.codes(row.asset for _, row in rows),
    }
    return block("funding_income", words, numbers, texts)


def _transfers(rows: Sequence[tuple[str, IncomeRow]]) -> Block:
    words = Vocabulary()
    numbers = {
        "amount_usd": np.array([float(row.amount) for _, row in rows], dtype=np.float64),
        "transferred_at": stamps(row.at for _, row in rows),
    }
    texts = {
        "account": words.codes(account for account, _ in rows),
        "income_id": words.codes(row.id for _, row in rows),
        "asset": words.codes(row.asset for _, row in rows),
    }
    return block("transfers", words, numbers, texts)

"""The account that a plan is made for: alone, in canonical order, with what closing its positions costs."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.act.plan.alone import account_alone, canonical_rows
from riskd.act.plan.prices import Costs, Prices
from riskd.act.plan.suppose import Closing, put_back, restated, suppose, without
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One account of a desk, ready to be supposed otherwise.

    Attributes:
        whole: The desk as it was judged.
        account: Which of its accounts.
        rows: Where the account's positions stand in the desk, in canonical order.
        snapshot: The account alone.
        history: Its past.
        book: Both, ready to be measured, nothing supposed.
        prices: What closing costs.
    """

    whole: Book
    account: int
    rows: IndexArray
    snapshot: Snapshot
    history: History
    book: Book
    prices: Prices

    @classmethod
    def of(cls, whole: Book, account: int, costs: Costs) -> Scene:
        """The scene of one account."""
        snapshot, history = whole.tables.snapshots[0], whole.tables.histories[0]
        alone, past = account_alone(snapshot, history, account)
        book = Book.of(alone, past)
        return cls(
            whole=whole,
            account=account,
            rows=canonical_rows(snapshot, account),
            snapshot=alone,
            history=past,
            book=book,
            prices=Prices(book, costs),
        )

    @property
    def name(self) -> str:
        """The account's id."""
        return self.snapshot.desk.accounts[0].id

    def symbol(self, row: int) -> str:
        """Unified symbol of a position."""
        return self.snapshot.instruments[int(self.snapshot.positions.instrument[row])].symbol

    def position(self, row: int) -> str:
        """A position for people: ``BTC/USDT:USDT long``."""
        return f"{self.symbol(row)} {self.snapshot.positions.side(row)}"

    def after(self, closing: Closing, deposit: float = 0.0) -> Snapshot:
        """The account after a closing, and after somebody added margin."""
        return suppose(self.snapshot, closing, self.prices.of(closing), deposit)

    def whole_after(self, closing: Closing, deposit: float = 0.0) -> Snapshot:
        """The desk likewise."""
        alone = restated(self.snapshot, closing, self.prices.of(closing), deposit)
        whole = put_back(self.whole.tables.snapshots[0], alone, self.account, self.rows)
        return without(whole, [int(self.rows[row]) for row in closing])

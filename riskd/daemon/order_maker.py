"""Makes the orders of one plan: the house's ladder and the contract's terms, to intents that only reduce."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from riskd.act.clamp import Fresh, Pricing, Stamp, intent_for
from riskd.act.identity import Identity
from riskd.act.ladder import Ladder, Urgency, rung
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.stop_order import stop_intent_for
from riskd.model.instrument import Instrument
from riskd.model.order import Intent, Plan, Reduction, StopPlacement


class OrderMaker:
    """Builds intents for the executor.

    Args:
        identity: Authenticates client order ids.
        now: The clock.
        terms: Contract terms of a unified symbol as the watch knows them; None: not known.
        ladder: The house's rungs at this moment.
        urgency: Of the plan.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        now: Callable[[], datetime],
        terms: Callable[[str], Instrument | None],
        ladder: Callable[[], Ladder],
        urgency: Urgency,
    ) -> None:
        self._identity = identity
        self._now = now
        self._terms = terms
        self._ladder = ladder
        self._urgency = urgency

    def reduce(
        self, plan: Plan, reduction: Reduction, fresh: Fresh, attempt: int, sequence: int
    ) -> Intent | Refusal:
        """The next order of a reduction; ``Executor``'s ``build``.

        Args:
            plan: Under way.
            reduction: What is left of one of its steps.
            fresh: The position as read just now.
            attempt: Orders of this reduction that did not fill whole.
            sequence: For the client order id.
        """
        instrument = self._terms(reduction.symbol)
        if instrument is None:
            return _unknown(reduction.symbol)
        ladder, stamp = self._ladder(), self._stamp(plan, sequence)
        style = rung(attempt, self._urgency, ladder)
        made = intent_for(reduction, fresh, instrument, style=style, stamp=stamp)
        if (
            style.pricing is Pricing.TOUCH
            and isinstance(made, Refusal)
            and made.reason is RefusalReason.NO_PRICE
        ):
            # Where the best prices of the book are not known, nothing can wait there: the next rung takes.
            style = rung(attempt + 1, self._urgency, ladder)
            made = intent_for(reduction, fresh, instrument, style=style, stamp=stamp)
        return made

    def stop(self, plan: Plan, stop: StopPlacement, fresh: Fresh, sequence: int) -> Intent | Refusal:
        """The order that places a stop; ``Means.build_stop``."""
        instrument = self._terms(stop.symbol)
        if instrument is None:
            return _unknown(stop.symbol)
        return stop_intent_for(
            stop,
            fresh,
            instrument,
            stamp=self._stamp(plan, sequence),
            expiry_seconds=self._ladder().expiry_seconds,
        )

    def _stamp(self, plan: Plan, sequence: int) -> Stamp:
        return Stamp(identity=self._identity, plan_id=plan.id, sequence=sequence, now=self._now())


def _unknown(symbol: str) -> Refusal:
    return Refusal(RefusalReason.NOT_TRADABLE, f"{symbol}: its contract terms are not known")

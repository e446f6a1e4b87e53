"""Faults planted in the daemon, each in a part that is wrapped or subclassed: tests of the tests.

No invariant without a mutant that breaks it: a simulation that finds nothing has not proved that it could.
"""

from __future__ import annotations

from tests.simulation import mutants_orders as orders
from tests.simulation import mutants_record as record
from tests.simulation import mutants_sight as sight
from tests.simulation import mutants_words as words
from tests.simulation.mutant import NONE, Mutant

__all__ = ["MUTANTS", "NONE", "Mutant"]


def _caught(*names: str) -> frozenset[str]:
    return frozenset(names)


MUTANTS = (
    Mutant(name="resends", caught_by=_caught("I3"), found_by=5, wrap_trading=orders.Resending),
    Mutant(
        name="timeout-is-refusal", caught_by=_caught("I5y"), found_by=5, wrap_trading=orders.TimeoutIsRefusal
    ),
    Mutant(name="not-reduce-only", caught_by=_caught("I1a"), found_by=5, wrap_trading=orders.NotReducing),
    Mutant(name="venue-does-not-enforce", caught_by=_caught("I1"), found_by=35, exchange=orders.LaxExchange),
    Mutant(name="clears-the-way", caught_by=_caught("I1b"), wrap_trading=orders.ClearsTheWay),
    Mutant(name="drops-the-stop", caught_by=_caught("I23"), found_by=4, wrap_trading=orders.DropsTheStop),
    Mutant(name="twice-the-quantity", caught_by=_caught("I2"), wrap_trading=orders.Doubling),
    Mutant(name="not-found-at-once", caught_by=_caught("I5x"), found_by=243, executor=orders.Hasty),
    Mutant(name="no-fresh-read", caught_by=_caught("I12"), executor=orders.Blind),
    Mutant(name="sends-before-it-writes", caught_by=_caught("I2"), executor=orders.SendsFirst),
    Mutant(
        name="believes-before-it-writes",
        caught_by=_caught("I4", "I10"),
        found_by=193,
        executor=orders.BelievesFirst,
    ),
    Mutant(name="impatient", caught_by=_caught("I4"), found_by=5, executor=orders.Impatient),
    Mutant(name="deaf-to-the-kill-switch", caught_by=_caught("I10"), found_by=7, executor=orders.Unstoppable),
    Mutant(name="spends-freely", caught_by=_caught("I11"), found_by=32, settings=sight.spends_freely),
    Mutant(
        name="acts-at-first-sight", caught_by=_caught("I20"), found_by=1, settings=sight.acts_at_first_sight
    ),
    Mutant(name="idle", caught_by=_caught("I8"), found_by=3, executor=orders.Idle),
    Mutant(name="incurious", caught_by=_caught("I8c"), found_by=2, executor=orders.Incurious),
    Mutant(
        name="delivered-before-posted", caught_by=_caught("I5"), found_by=1, wrap_notifier=words.SaysItIsDone
    ),
    Mutant(name="gives-up", caught_by=_caught("I5"), found_by=1, wrap_notifier=words.GivesUp),
    Mutant(
        name="forgets-the-last-entry", caught_by=_caught("I9"), found_by=1, wrap_journal=words.ForgetsTheLast
    ),
    Mutant(name="swaps-unwritten", caught_by=_caught("I22"), found_by=3, wrap_journal=words.SwapsUnwritten),
    Mutant(name="old-counts-as-new", caught_by=_caught("I6"), settings=sight.old_counts_as_new),
    Mutant(name="missing-is-zero", caught_by=_caught("I6"), observe=sight.missing_is_zero),
    Mutant(name="believes-an-incomplete-list", caught_by=_caught("I6"), observe=sight.absent_is_flat),
    Mutant(name="absent-is-flat", caught_by=_caught("I6b"), found_by=12, observe=sight.absent_is_flat),
    Mutant(name="looks-seldom", caught_by=_caught("I14"), settings=sight.looks_seldom),
    Mutant(name="breaks-now-and-then", caught_by=_caught("cycle"), observe=sight.breaks_now_and_then),
    Mutant(name="leaks", caught_by=_caught("I18"), wrap_reading=sight.Leaking),
    Mutant(name="dices", caught_by=_caught("I19"), found_by=1, wrap_reading=sight.Dicing),
    Mutant(name="closes-everything", caught_by=_caught("I12"), executor=orders.ClosesEverything),
    Mutant(name="never-clears", caught_by=_caught("I8b"), policy=record.never_clears),
    Mutant(name="makes-money", caught_by=_caught("I7"), exchange=record.PaysTwice),
    Mutant(name="writes-thousands", caught_by=_caught("I7"), wrap_ledger=record.writes_thousands),
    Mutant(name="cleans-up-locks", caught_by=_caught("I13"), after_open=record.cleans_up_locks),
    Mutant(
        name="keeps-old-policies", caught_by=_caught("I15"), found_by=4, wrap_journal=record.KeepsOldPolicies
    ),
    Mutant(name="plans-on-another-cycle", caught_by=_caught("I15"), wrap_journal=record.PlansOnAnotherCycle),
    Mutant(name="tells-its-key", caught_by=_caught("I16"), found_by=5, wrap_trading=record.TellsItsKey),
    Mutant(name="deaf-to-silence", caught_by=_caught("I17"), found_by=1, budget=record.DeafToSilence),
    Mutant(name="counts-no-weight", caught_by=_caught("I17"), found_by=16, budget=record.CountsNothing),
    Mutant(name="deaf-to-a-no", caught_by=_caught("I24"), found_by=1, wrap_journal=record.DeafToANo),
)

"""What may be asked: everything that adds up what riskd knows, and nothing else."""

from __future__ import annotations

import pytest

from riskd.adapters.sandbox_database import SandboxDatabase
from riskd.adapters.sandbox_guard import Refused
from riskd.model.answer import Refusal
from tests.adapters.hostile_sql import HOSTILE
from tests.fakes.queries import typed_schema

COLLATERAL = """select h.hedge_id as subject, min(a.equity) / nullif(sum(p.notional), 0) as value
from   exposure.hedge_legs h
left   join exposure.positions p using (position_id)
left   join exposure.accounts  a using (account)
group  by h.hedge_id"""

HONEST = [
    COLLATERAL,
    COLLATERAL + "\n-- a comment; with a semicolon\n;",
    """with held as (select account, sum(gross) as gross from exposure.positions group by account)
select a.account as subject, coalesce(gross, 0) / nullif(equity, 0) as value
from exposure.accounts a left join held using (account)""",
    """select account as subject, count(*) filter (where side = 'long' and not isolated) as value
from exposure.positions group by all having count(*) > 0""",
    "select subject, case when ratio between 0.5 and 1.5 then 1.0 else abs(ratio) ** 2 end as value from exposure.hedges",
    "select position_id as subject, gross / sum(gross) over (partition by account) as value from exposure.positions",
    """select account as subject, value from (select account, gross as value,
row_number() over (partition by account order by gross desc, position_id) as place from exposure.positions)
where place = 1""",
    """select s.subject, as_of - max(p.opened_at) as value from exposure.snapshot, exposure.subjects s
left join exposure.positions p on p.account = s.account where s.grain = 'account' group by s.subject, as_of""",
    "select account as subject, (select max(mark_price) from exposure.instruments) as value from exposure.accounts",
    """select account as subject, cast(count(*) as decimal(9, 2)) as value from exposure.orders
where kind in ('stop', 'trailing') and symbol like 'BTC/%' and reduce_only is true group by account""",
    "select account as subject, equity as value from exposure.accounts union all select account, 0 from exposure.grids",
    "select account as subject, 0.5 as value from exposure.accounts order by 1 limit 100 offset 2",
    "from exposure.surfaces select account as subject, count(*) as value where quality <> 'OK' group by 1",
    "select subject, value from (values ('a', 1), ('b', null)) listed(subject, value)",
    'select "account" as "subject", greatest(1, least(2, 3)) as VALUE from EXPOSURE.Accounts',
    """select account as subject, equity as value from exposure.accounts a
where exists (select 1 from exposure.positions p where p.account = a.account)""",
    "select 'é' as subject, quantile_cont(gross, 0.5) + stddev_samp(gross) as value from exposure.positions",
]


@pytest.fixture(scope="module")
def database() -> SandboxDatabase:
    return SandboxDatabase(typed_schema())


def refusal(database: SandboxDatabase, sql: str) -> Refusal:
    with pytest.raises(Refused) as caught:
        database.check(sql, seconds=5)
    return caught.value.refusal


@pytest.mark.parametrize("sql", HONEST)
def test_honest_queries_may_be_asked(sql: str, database: SandboxDatabase) -> None:
    assert database.check(sql, seconds=5) is not None


def test_the_corpus_is_large_and_has_no_statement_twice() -> None:
    assert len(HOSTILE) == len(set(HOSTILE)) >= 150


@pytest.mark.parametrize("sql", HOSTILE)
def test_hostile_statements_are_refused(sql: str, database: SandboxDatabase) -> None:
    assert refusal(database, sql).what

    assert database.check(COLLATERAL, seconds=5)


def test_it_is_known_which_columns_are_read(database: SandboxDatabase) -> None:
    assert database.check(COLLATERAL, seconds=5) == {
        ("hedge_legs", "hedge_id"),
        ("hedge_legs", "position_id"),
        ("positions", "position_id"),
        ("positions", "account"),
        ("positions", "notional"),
        ("accounts", "account"),
        ("accounts", "equity"),
    }


def test_a_star_reads_every_column(database: SandboxDatabase) -> None:
    sql = "select account as subject, equity as value from (select * from exposure.accounts)"

    reads = database.check(sql, seconds=5)

    assert reads == {("accounts", name) for name, _ in typed_schema()["accounts"]}


def test_a_table_of_which_rows_are_counted_is_read(database: SandboxDatabase) -> None:
    reads = database.check("select 'x' as subject, count(*) as value from exposure.orders", seconds=5)

    assert reads == {("orders", "order_id")}


@pytest.mark.parametrize(
    ("sql", "what", "cure", "at"),
    [
        ("selekt 1", 'syntax error at or near "selekt"', "", "selekt"),
        ("drop table exposure.accounts", "this is not a SELECT", "write exactly one SELECT", None),
        ("select 1; select 2", "there are 2 statements", "write exactly one SELECT", None),
        (
            "select subject, 1 as value from positions",
            "a query cannot see 'positions'",
            "write exposure.positions",
            "positions",
        ),
        (
            "select subject, notionl as value from exposure.positions",
            "there is no column 'notionl'",
            "did you mean 'notional'?",
            "notionl",
        ),
        (
            "select 'é' as subject, random() as value",
            "the function random is not allowed",
            "docs/policy-language.md lists those that are",
            "random",
        ),
        (
            "select venue as subject, first(equity) as value from exposure.accounts group by 1",
            "the function first is not allowed",
            "it depends on the order of rows; use min, max or sum",
            "first",
        ),
        (
            "select 'a' as subject, epoch(now()) as value",
            "the function epoch is not allowed",
            "docs/policy-language.md lists those that are",
            "epoch",
        ),
        (
            "select 'a' as subject, current_date as value",
            "current_date is not allowed: the same snapshot must give the same answer",
            "read exposure.snapshot.as_of",
            "current_date",
        ),
        (
            "select account as subject, equity as value from exposure.accounts limit 1",
            "LIMIT without ORDER BY picks any rows",
            "order them, or leave LIMIT out",
            None,
        ),
        (
            "select 'a' as subject, count(*) as value from range(9)",
            "the table function range is not allowed",
            "read the tables of exposure",
            "range",
        ),
        (
            "select account, equity from exposure.accounts",
            "the columns are account, equity",
            "write select ... as subject, ... as value, and nothing else",
            None,
        ),
        (
            "select 1 as subject, 1 as value",
            "subject is integer, not text",
            "take it from a subject column",
            None,
        ),
        ("select 'a' as subject, 'b' as value", "value is varchar, not a number", "", None),
    ],
)
def test_a_refusal_says_what_where_and_the_cure(
    sql: str, what: str, cure: str, at: str | None, database: SandboxDatabase
) -> None:
    offset = None if at is None else len(sql[: sql.index(at)].encode())

    assert refusal(database, sql) == Refusal(what=what, cure=cure, offset=offset)


@pytest.mark.parametrize("lines_before", [0, 1, 7])
@pytest.mark.parametrize("indent", [0, 3, 150])
def test_the_engine_s_own_complaint_has_its_place(
    lines_before: int, indent: int, database: SandboxDatabase
) -> None:
    sql = (
        "select 'é' as subject,\n"
        + "-- \n" * lines_before
        + " " * indent
        + "abs(subject) as value\nfrom exposure.accounts"
    )

    found = refusal(database, sql)

    assert "abs(VARCHAR)" in found.what
    assert found.offset == len(sql[: sql.index("abs")].encode())

"""The database of a policy's SQL: what it is set to, and that "the newest of each" loses no row."""

from __future__ import annotations

import pytest

from riskd.adapters.sandbox_database import SandboxDatabase

Rows = list[tuple[str | None, float | None]]

ACCOUNTS = "exposure.accounts"


@pytest.fixture(scope="module")
def database() -> SandboxDatabase:
    made = SandboxDatabase({"accounts": [("account", "varchar"), ("equity", "double"), ("owner", "varchar")]})
    columns = {"account": '["a", "b", "c"]', "equity": "[1.0, 2.0, 3.0]", "owner": '["x", "x", "y"]'}
    made.load("accounts", columns)
    return made


def rows_of(database: SandboxDatabase, sql: str) -> Rows:
    database.check(sql, seconds=5.0)
    return sorted(database.run(sql, row_limit=100, seconds=5.0))


def test_an_optimizer_that_loses_rows_is_off(database: SandboxDatabase) -> None:
    sql = "select current_setting('disabled_optimizers') as subject, 1 as value"

    assert database.run(sql, row_limit=1, seconds=5.0) == [("top_n_window_elimination", 1.0)]


# With that optimizer DuckDB 1.5.5, which we allow, leaves rows out of the first two and makes one up in the third [measured].
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(
            f"select account as subject, equity as value from {ACCOUNTS}"
            " qualify row_number() over (partition by owner order by equity + null) <= 5",
            [("a", 1.0), ("b", 2.0), ("c", 3.0)],
            id="order by what is unknown",
        ),
        pytest.param(
            f"select account as subject, equity as value from {ACCOUNTS}"
            " qualify row_number() over (order by nullif(equity, 1.0) desc nulls last) <= 3",
            [("a", 1.0), ("b", 2.0), ("c", 3.0)],
            id="order by what may be unknown",
        ),
        pytest.param(
            f"select account as subject, equity as value from {ACCOUNTS} where equity > 100.0"
            " qualify row_number() over (order by equity) <= 1",
            [],
            id="the first of nothing",
        ),
    ],
)
def test_the_first_rows_of_each_are_all_there(database: SandboxDatabase, sql: str, expected: Rows) -> None:
    assert rows_of(database, sql) == expected

"""How DuckDB is set where it answers a query that somebody else wrote: nothing is fetched, found, or set by the query.

It is one wall of several: the kernel bounds the process beside it (``duckdb_query_child``, ``sandbox_child``).
"""

from __future__ import annotations

from typing import TypeAlias

import duckdb

Configuration: TypeAlias = dict[str, str | bool | int | float | list[str]]


def locked_configuration(*, memory: str, threads: int) -> Configuration:
    """What such a database is opened with.

    Args:
        memory: The engine's own limit, such as ``512MB``; it was passed by 16 times [measured].
    """
    return {
        "memory_limit": memory,
        "threads": str(threads),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allow_unsigned_extensions": "false",
        "python_enable_replacements": "false",
        "python_scan_all_frames": "false",
        # It failed, and in some versions lost rows, in the very queries for which it is meant: "the newest row of each"
        # (duckdb issues 23588, 24363 and 24711). Our views are such queries, and a policy's SQL may be one.
        "disabled_optimizers": "top_n_window_elimination",
    }


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Shut the file system and the network, and then the configuration. There is no way back."""
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")

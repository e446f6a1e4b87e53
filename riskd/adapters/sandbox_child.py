"""The process in which a policy's SQL is asked: one request a line on standard input, one answer a line on standard output.

Before it looks at a query it gives up everything that it does not need: it cannot open a file or a socket any more, nor
write one, nor grow, and while it answers an alarm of the kernel runs that no engine can put off. It holds nothing but the
snapshot that it was given, and its environment is empty. It ends when its input does.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import sys
from typing import Any

import duckdb

from riskd.adapters.sandbox_database import SandboxDatabase
from riskd.adapters.sandbox_guard import Refused

_MEMORY_BYTES_MAX = 512 * 1024 * 1024
_REQUEST_SECONDS = 10.0  # for what is not a query: loading tables
_ALARM_LATER_SECONDS = 0.3  # the engine is asked to stop first
_WARM_UP = "select 'a' as subject, 1.5::decimal(9, 2) + 1 as value"

Message = dict[str, Any]  # JSON, of a form that ``sandbox_pipe`` and this file agree on


def main(kind: type[SandboxDatabase] = SandboxDatabase) -> None:
    """Answer requests until the input ends.

    Args:
        kind: What holds the snapshot; tests bring one without the guard.
    """
    requests = iter(sys.stdin.buffer.readline, b"")
    database = kind(json.loads(next(requests)))
    _warm_up(database)
    _give_up()
    _say({"ready": True})
    for line in requests:
        request = json.loads(line)
        _allow(request.get("seconds", _REQUEST_SECONDS) + _ALARM_LATER_SECONDS)
        answer = _answer(database, request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _say(answer)


def _warm_up(database: SandboxDatabase) -> None:
    """Everything once, so that the engine has imported what it imports late, while it still can."""
    table, column = "snapshot", "as_of"
    database.load(table, {column: "[1.5]"})
    database.check(_WARM_UP, seconds=_REQUEST_SECONDS)
    database.run(_WARM_UP, row_limit=1, seconds=_REQUEST_SECONDS)
    database.load(table, {})


def _answer(database: SandboxDatabase, request: Message) -> Message:
    try:
        match request["do"]:
            case "load":
                for table, columns in request["tables"].items():
                    database.load(table, columns)
                return {"loaded": True}
            case "check":
                return {"reads": sorted(database.check(request["sql"], seconds=request["seconds"]))}
            case _:
                seconds, row_limit = request["seconds"], request["row_limit"]
                return {"rows": database.run(request["sql"], row_limit=row_limit, seconds=seconds)}
    except Refused as error:
        refusal = error.refusal
        return {"refused": {"what": refusal.what, "cure": refusal.cure, "offset": refusal.offset}}
    except duckdb.InterruptException:
        return {"late": True}
    except (duckdb.Error, ValueError, TypeError, OverflowError) as error:
        return {"failed": str(error).split("\n", 1)[0]}
    except MemoryError:
        return {"failed": "the query needs more memory than it may use"}


def _give_up() -> None:
    """The kernel enforces these whatever the engine does: DuckDB's own memory limit was passed by 16 times [measured]."""
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY_BYTES_MAX),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),  # no new descriptor: no file, no socket
    ):
        resource.setrlimit(limit, (value, value))


def _allow(seconds: float) -> None:
    """Time for one request: by the clock, and by the processor in case the alarm was turned off."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (processor, resource.RLIM_INFINITY))


def _say(message: Message) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

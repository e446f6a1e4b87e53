"""A query process that answers well until a request tells it how to misbehave."""

from __future__ import annotations

import json
import os
import select
import signal
import sys


def main() -> None:
    lines = iter(sys.stdin.readline, "")
    opening = next(lines)
    assert json.loads(opening)
    say({"ready": True})
    for line in lines:
        request = json.loads(line)
        sql = request.get("sql", "")
        if request["do"] == "load":
            say({"loaded": True})
        elif request["do"] == "check" and "check" not in sql:
            say({"reads": [["accounts", "account"]]})
        else:
            misbehave(sql)


def misbehave(sql: str) -> None:
    match sql.split()[0]:
        case "hang":
            select.select([], [], [])
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "leave":
            sys.exit(3)
        case "babble":
            sys.stdout.write("not json\n")
            sys.stdout.flush()
        case "list":
            say([1, 2])
        case "forge":
            say({"rows": [["main", "a lot"]]})
        case "flood":
            sys.stdout.write("x" * 17 * 2**20)
            sys.stdout.flush()
        case _:
            say({"rows": [["main", 1.5]]})


def say(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

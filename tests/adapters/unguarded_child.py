"""The query process without its guard: whatever it is asked goes to the locked database."""

from __future__ import annotations

from riskd.adapters.sandbox_child import main
from riskd.adapters.sandbox_database import SandboxDatabase
from riskd.model.answer import Read


class Unguarded(SandboxDatabase):
    def check(self, sql: str, *, seconds: float) -> frozenset[Read]:
        return frozenset({("accounts", "account"), ("accounts", "equity")})


if __name__ == "__main__":
    main(Unguarded)

"""How far riskd may go: the weakest of four permissions, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.model.desk import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """The four permissions of one possible order.

    Attributes:
        ceiling: Of the daemon: ``mode`` in its configuration.
        policy: Of the policy file.
        rule: Of the rule.
        account: Of the account: whether and how far it is armed.
    """

    ceiling: Mode
    policy: Mode
    rule: Mode
    account: Mode

    @property
    def mode(self) -> Mode:
        """The mode that holds: ``observe`` says nothing of orders, ``propose`` says which it would send, ``enforce`` sends."""
        return self.weakest()[0]

    def weakest(self) -> tuple[Mode, str]:
        """The mode that holds, and the name of the first permission that limits it to that."""
        named = (
            (self.ceiling, "ceiling"),
            (self.policy, "policy"),
            (self.rule, "rule"),
            (self.account, "account"),
        )
        return min(named, key=lambda pair: pair[0])

"""The kill switch: a file whose existence is enough. It works when everything else is broken."""

from __future__ import annotations

import os
from pathlib import Path

from riskd.errors import RiskdError


class KillSwitchError(RiskdError):
    """The switch could not be moved. The message says what to do by hand."""


class KillSwitch:
    """A file in the state directory. While it exists nothing is sent; watching and alerting go on.

    Anything that can make a file can stop riskd: ``touch`` from a shell, a script, another program, an operator on a
    machine whose daemon, database and network are gone. What the file holds does not matter.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_pulled(self) -> bool:
        """Whether riskd must not send. A switch that cannot be looked at counts as pulled."""
        try:
            os.lstat(self.path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def pull(self, reason: str) -> None:
        """Stop all orders.

        Raises:
            KillSwitchError: The file could not be made.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(reason + "\n", encoding="utf-8")
        except OSError as error:
            if os.path.lexists(self.path):
                return  # only the words are missing: a full disk takes the file and not what it holds
            raise KillSwitchError(
                f"{self.path}: cannot halt ({error}); make this file by any means"
            ) from error

    def release(self) -> bool:
        """Lift the halt; False when there was none.

        Raises:
            KillSwitchError: The file could not be removed.
        """
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise KillSwitchError(f"{self.path}: still halted ({error}); remove this file by hand") from error
        return True


class Switches:
    """The kill switch of the whole installation, and one for each account.

    Args:
        house: The one of the installation.
        directory: Holds a file of the name of each account that is halted.
    """

    def __init__(self, house: KillSwitch, directory: Path) -> None:
        self.house = house
        self._directory = directory

    def of(self, account: str) -> KillSwitch:
        """The switch of one account. Its name is one of the configuration, and so no path."""
        return KillSwitch(self._directory / account)

    def is_pulled(self, account: str) -> bool:
        """Whether nothing may be sent for an account: its own switch is pulled, or that of the installation."""
        return self.house.is_pulled() or self.of(account).is_pulled()

"""How the paper desk's bots obey riskd: each looks into the directory of pause files before it opens something."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

from riskd.daemon.demo.setup import unified


class PauseFolder:
    """What a bot asks. Before riskd has made the directory, nobody is paused.

    Args:
        folder: Of the pause files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, account: str, symbol: str) -> bool:
        """Whether nothing new may be opened in a symbol, as the venue writes it; a file that cannot be read says so."""
        try:
            pause = json.loads((self._folder / f"{account}.json").read_text("utf-8"))
            return any(fnmatchcase(unified(symbol), paused) for paused in pause["symbols"])
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError):
            return True

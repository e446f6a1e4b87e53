"""What holds for all tests: properties are tried on the same examples in every run, however slow the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("riskd", derandomize=True, deadline=None)
settings.load_profile("riskd")

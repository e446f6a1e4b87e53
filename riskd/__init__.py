"""riskd watches leveraged perpetual-futures accounts and holds them to written policies."""

__version__ = "0.1.0"

"""riskd watches leveraged perpetual-futures accounts and holds them to written policies."""

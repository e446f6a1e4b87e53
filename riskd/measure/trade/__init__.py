"""One trade: its stop, its risk, how it stands, and what it has been through."""

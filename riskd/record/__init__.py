"""Values to ledger rows and to a hash chain."""

"""Which limit is in force, where it comes from, and every way to weaken it."""

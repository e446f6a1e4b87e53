"""Which subjects a rule is about, and what can be told of selectors before any venue is read."""

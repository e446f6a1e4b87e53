"""Named columns of each grain: what expressions in policies are made of."""

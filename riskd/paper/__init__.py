"""The simulated venue: engine, markets, strategies, faults and its HTTP dialect."""

"""Numbers, limits and past state to verdicts and alerts."""

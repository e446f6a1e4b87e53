"""Where the paper venue's prices come from: recorded candles, or scripted scenarios from a seed."""

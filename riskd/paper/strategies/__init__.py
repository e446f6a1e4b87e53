"""The traders of the paper desk: ordinary bots that know nothing of riskd, but that they may be told to open nothing new."""

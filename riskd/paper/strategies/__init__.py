"""The traders of the paper desk: ordinary bots that know nothing of riskd."""

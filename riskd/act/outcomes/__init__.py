"""What the answers of each venue to an order prove, a module for each; Binance USD-M is in ``riskd.act.outcome``."""

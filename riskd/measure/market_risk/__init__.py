"""What moves of prices may cost: volatility, value at risk, named crashes."""

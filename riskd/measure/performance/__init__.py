"""What holding and trading brought: funding, fees, losses, drawdown, activity."""

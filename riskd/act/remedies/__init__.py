"""What mends an alert other than the planner: cancel orders, place stops, rebalance a hedge, flatten an account."""

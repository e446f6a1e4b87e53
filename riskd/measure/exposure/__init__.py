"""How much is held, how concentrated it is, and what would be held if resting orders filled."""

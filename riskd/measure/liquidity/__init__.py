"""What closing would take, and what backs an account."""

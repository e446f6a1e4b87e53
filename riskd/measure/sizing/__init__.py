"""How large a trade may be, and what that size means, before it exists."""

"""What a careful colleague would say of policies that load."""

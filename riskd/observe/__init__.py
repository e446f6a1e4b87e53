"""Venue payloads to a snapshot, and how far it can be trusted."""

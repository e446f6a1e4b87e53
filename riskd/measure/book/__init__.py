"""Snapshots as measures read them: columns, groups, trust, and words for what is missing."""

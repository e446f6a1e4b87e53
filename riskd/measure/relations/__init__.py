"""The snapshot as tables: what SQL in policies reads."""

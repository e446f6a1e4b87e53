"""Hedges and grids, judged as wholes."""

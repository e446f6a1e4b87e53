"""Margin, and how far from liquidation an account and its positions are."""

"""Verdicts to messages, plans and reduce-only intents."""

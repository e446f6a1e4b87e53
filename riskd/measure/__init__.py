"""Snapshot and history to numbers: a catalogue and one module a family."""

"""The policy language: load, units, schema, compile, tests."""

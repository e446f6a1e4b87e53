"""The process: settings, wiring, schedule, service."""

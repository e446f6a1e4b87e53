"""The demo: the daemon on the embedded paper venue, the same seed without it, and a report of both."""

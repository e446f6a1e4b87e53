"""The policy's own arithmetic: read, typed by unit, taken as columns, printed as SQL."""

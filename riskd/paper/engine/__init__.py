"""The paper venue's engine: pure, exact, in virtual time."""

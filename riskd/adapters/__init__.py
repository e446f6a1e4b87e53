"""Every library that does I/O lives here and nowhere else."""

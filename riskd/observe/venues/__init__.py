"""The words of each venue."""

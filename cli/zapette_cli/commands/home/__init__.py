"""The commands that run a home and look after it."""

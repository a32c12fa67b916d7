"""The commands that use players and services."""

"""Backups of a household's data, and restoring them."""

"""Announces the players to home-automation systems."""

"""Calls: made, waited for and answered."""

"""The two pages and what they load."""

"""The Python client: applications, players, calls."""

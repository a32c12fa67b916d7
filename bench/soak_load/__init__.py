"""Clients that come and go, for `bench.soak`."""

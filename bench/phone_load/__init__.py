"""Phones with much use and a bad network, for `bench.phones`."""

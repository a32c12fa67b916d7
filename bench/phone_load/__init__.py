"""Phones in the hands of busy people, for `bench.phones`."""

"""Benchmarks: each a command, with the peer in the same run."""

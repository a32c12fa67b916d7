"""A cluster of NATS nodes: its files and keys, and what its nodes report."""

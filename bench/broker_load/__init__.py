"""A load generator for message brokers: raw packets on uvloop, one server a core."""

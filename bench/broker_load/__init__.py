"""A load generator for message brokers."""

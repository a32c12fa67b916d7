"""One client's connection: bytes in, packets out."""

"""Reading requests: their end, their limits and the client's address."""

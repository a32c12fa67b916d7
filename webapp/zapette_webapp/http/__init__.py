"""HTTP below Flask: reading requests, connections, conditions, compression."""

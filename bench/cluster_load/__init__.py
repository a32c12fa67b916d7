"""A cluster whose nodes are killed and cut off under phones."""

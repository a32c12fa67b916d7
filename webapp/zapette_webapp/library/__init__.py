"""The library: the media folder, its index, and queries on it."""

"""The library: the media folder, its index, and what it answers."""

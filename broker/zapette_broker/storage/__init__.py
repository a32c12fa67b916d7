"""SQLite files, and what of the broker's state survives a restart."""

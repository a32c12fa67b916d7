"""The media folder on the disk: what is in it, and what may be served."""

"""The index of the media folder: its file, what is read from it, and the scanner."""

"""Runs of ffmpeg that make the parts of streams, and the cache of those parts."""

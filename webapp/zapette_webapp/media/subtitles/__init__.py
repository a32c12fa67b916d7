"""The subtitles of a film: files next to it and tracks inside it, as WebVTT."""

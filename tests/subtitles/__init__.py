"""Reading subtitles."""

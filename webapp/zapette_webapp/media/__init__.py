"""What is in media files, and what is made from them: pictures and subtitles."""

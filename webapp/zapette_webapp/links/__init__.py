"""Links: addresses of pages with films in them, which yt-dlp finds (the extra ``links``)."""

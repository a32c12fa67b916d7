"""Small pictures of media: thumbnails, posters and those on a seek bar."""

"""Films as HLS, converted while they are watched (docs/films.md)."""

"""Films as HLS, converted while they are watched (docs/library-api.md)."""

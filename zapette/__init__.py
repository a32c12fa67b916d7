"""What everything in Zapette shares, and its Python client."""

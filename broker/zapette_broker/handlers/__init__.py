"""What each packet of a client does."""

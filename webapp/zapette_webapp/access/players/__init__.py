"""New players, and the credentials that players have."""

"""The web process: its HTTP server and its parts."""

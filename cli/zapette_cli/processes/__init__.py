"""The processes of a server, and the manager that keeps them running."""

"""What the shared database holds: a module for each subject has its schema for SQLite.

That for PostgreSQL is `zapette_server.postgresql.schema`.
"""

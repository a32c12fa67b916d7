"""PostgreSQL as the database of several web sides; its driver is needed for it only."""

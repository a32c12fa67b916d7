"""The data folder and what is kept in it."""

"""The data folder and its stores; the module of a table upgrades the file that it is in."""

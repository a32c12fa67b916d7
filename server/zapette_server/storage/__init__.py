"""The data folder and its stores."""

"""Which messages go to whom, and what is retained."""

"""The command in French: its help, and what click says."""

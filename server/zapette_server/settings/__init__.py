"""The settings: what there is, what a value must be, and where they come from."""

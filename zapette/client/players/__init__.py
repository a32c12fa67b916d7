"""The players of a household, as a program uses them."""

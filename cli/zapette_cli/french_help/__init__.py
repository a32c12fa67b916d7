"""The command's help in French, and what click says; other messages are a `Text` at their place."""

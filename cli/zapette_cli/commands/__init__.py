"""The commands of ``zapette``, one module each."""

"""``zapette cluster`` and its subcommands."""

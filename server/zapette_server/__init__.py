"""What the processes of a household share: settings, stores, accounts, grants and keys."""

"""What the shared database holds, a module for each subject."""

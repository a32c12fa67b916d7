"""What is in a medium: its tracks, length, keyframes and damage, read with limits."""

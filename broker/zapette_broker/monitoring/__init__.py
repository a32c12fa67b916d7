"""What the broker tells about itself: counters, `$SYS` topics, memory."""

"""The tests: they mirror the packages, and drive the whole system with real parts."""

"""The servers that are put under load, each as a process of its own."""

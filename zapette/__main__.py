"""``python -m zapette`` is the command ``zapette``."""

from zapette.cli import main

main()

"""``python -m zapette`` is the command ``zapette``."""

from zapette_cli import main

main()

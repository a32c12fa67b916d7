"""``python -m zapette_cli`` is the command ``zapette``."""

from zapette_cli import main

main()

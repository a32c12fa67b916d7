"""``python -m zapette`` is the command ``zapette``, where it is installed."""

import sys
from importlib.metadata import entry_points

_COMMANDS = entry_points(group="console_scripts", name="zapette")
if not _COMMANDS:
    sys.exit("the command is in the distribution zapette, which is not installed")
next(iter(_COMMANDS)).load()()

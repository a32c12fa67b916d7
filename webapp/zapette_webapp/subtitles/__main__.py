"""``python -m zapette_webapp.subtitles FILE [LANGUAGE]``: writes WebVTT, or why not with code 3."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from zapette_webapp.subtitles.decoding import decode
from zapette_webapp.subtitles.webvtt import to_webvtt

REFUSED: Final = 3
"""The exit code for a file in which there are no subtitles."""


def main() -> int:
    """Convert the file that the command names."""
    file, language = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    try:
        answer, code = to_webvtt(decode(file.read_bytes(), language)), 0
    except ValueError as error:
        answer, code = str(error), REFUSED
    sys.stdout.buffer.write(answer.encode("utf-8", "replace"))
    return code


if __name__ == "__main__":
    sys.exit(main())

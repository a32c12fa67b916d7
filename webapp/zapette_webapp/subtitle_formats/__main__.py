"""``python -m zapette_webapp.subtitle_formats FILE FORM NUMBER LANGUAGE`` writes subtitles.

FORM is ``webvtt``, or ``text`` for the file as it is, in UTF-8. NUMBER is that of the language
in a file with several, from 0; LANGUAGE may be empty. If there are no subtitles in it, the exit
code is 3 and the output says why.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from zapette_webapp.subtitle_formats.decoding import decode
from zapette_webapp.subtitle_formats.webvtt import to_webvtt

REFUSED: Final = 3
"""The exit code for a file in which there are no subtitles."""


def main() -> int:
    """Convert the file that the command names."""
    file, form, number, language = sys.argv[1:]
    try:
        text = decode(Path(file).read_bytes(), language or None)
        answer, code = to_webvtt(text, int(number)) if form == "webvtt" else text, 0
    except ValueError as error:
        answer, code = str(error), REFUSED
    sys.stdout.buffer.write(answer.encode("utf-8", "replace"))
    return code


if __name__ == "__main__":
    sys.exit(main())

"""nginx with a configuration and files of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_PROGRAM: Final = shutil.which("nginx") or "/usr/sbin/nginx"


def nginx(folder: Path, http: str, main: str = "") -> list[str]:
    """Return the command that runs nginx, whose files are in `folder`.

    Args:
        folder: where they are.
        http: the directives of the block ``http``.
        main: further ones, outside of any block.
    """
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log info;\n{main}\n"
        f"events {{}}\nhttp {{\n{temporary}{http}\n}}\n"
    )
    return [_PROGRAM, "-c", str(configuration), "-p", str(folder)]

"""Serve the bank's page: python examples/bank/page.py [PORT], then open the address it prints."""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE.parent.parent / "static"


class Handler(SimpleHTTPRequestHandler):
    """The files of this folder, and the modules of Zapette's own pages below /zapette."""

    def translate_path(self, path: str) -> str:
        """Return the file for a path of the URL."""
        file = Path(super().translate_path(path))
        modules = HERE / "zapette"
        is_module = file.is_relative_to(modules) and file.suffix == ".js"
        return str(MODULES / file.relative_to(modules) if is_module else file)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=HERE)) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()

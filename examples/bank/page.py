"""Serve the bank's page: python examples/bank/page.py [PORT], then open the address it prints."""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
MQTT = HERE.parent.parent / "static" / "node_modules" / "mqtt" / "dist" / "mqtt.esm.js"


class Handler(SimpleHTTPRequestHandler):
    """The files of this folder, and mqtt.js."""

    def translate_path(self, path: str) -> str:
        """Return the file for a path of the URL."""
        return str(MQTT) if path == "/mqtt.js" else super().translate_path(path)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=HERE)) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()

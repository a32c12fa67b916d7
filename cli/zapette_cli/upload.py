"""Sends a file to a server in parts, and continues after network cuts."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urljoin, urlsplit

from zapette_cli.errors import TargetError, UploadError
from zapette_cli.language import Text

_TIMEOUT: Final = 90.0
TRIES: Final = 60
LONGEST_PAUSE: Final = 10.0
_CUT: Final = frozenset({"request_timeout", "conflict", "too_many_requests"})
_FINAL: Final = frozenset({"no_room", "not_implemented"})
_SERVER_ERRORS: Final = 500
_CONTENT_TOO_LARGE: Final = 413
FIRST: Final = 512 << 10
LEAST: Final = 64 << 10
QUICK: Final = 1.0
"""Parts that take fewer seconds grow; those that do not arrive shrink."""

_SHORTER: Final = Text(
    "the file has become shorter meanwhile", "le fichier a raccourci entre-temps"
)
_TEXTS: Final = {
    "unauthorized": Text("the server does not accept this account", "le serveur refuse ce compte"),
    "wrong_key": Text("the link is no longer valid", "le lien n\u2019est plus valable"),
    "not_for_guests": Text(
        "guests cannot send files here", "les invités ne peuvent pas envoyer de fichiers ici"
    ),
    "uploads_off": Text(
        "this server accepts no files", "ce serveur n\u2019accepte pas de fichiers"
    ),
    "too_large": Text(
        "the file is too large for this server", "le fichier est trop volumineux pour ce serveur"
    ),
    "no_room": Text(
        "the server has no room for it: remove what was sent from the queue, or try again later",
        "le serveur n\u2019a plus de place\u202f: retirez de la file des fichiers envoyés, "
        "ou réessayez plus tard",
    ),
    "empty": Text("the file is empty", "le fichier est vide"),
    "cut_off": Text("the file is incomplete", "le fichier est incomplet"),
    "encrypted": Text("the file is encrypted (DRM)", "le fichier est chiffré (DRM)"),
    "text": Text("the file is a text", "le fichier est un texte"),
    "unknown_format": Text(
        "the format is unknown: send a film, music, or a photo as JPEG, PNG, WebP or AVIF",
        "le format est inconnu\u202f: envoyez un film, de la musique, "
        "ou une photo en JPEG, PNG, WebP ou AVIF",
    ),
    "unreadable": Text("the file cannot be read", "le fichier est illisible"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server, and what proves that one may ask it.

    Attributes:
        address: of its pages, with a slash at the end.
        proof: the field ``Authorization``; empty for none.
        ca_file: certificates to trust, in PEM; None for the system's.
        shown: of a server of this machine, the file of its certificate, which names others of its
            addresses; None elsewhere.
    """

    address: str
    proof: str = ""
    ca_file: Path | None = None
    shown: Path | None = None

    def __post_init__(self) -> None:
        """Check the address; TargetError if it is none."""
        try:
            parts = urlsplit(self.address)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:
            text = Text(
                "{address} is not the address of a server, such as http://tv:8000",
                "{address} n\u2019est pas l\u2019adresse d\u2019un serveur, comme http://tv:8000",
            )
            raise TargetError(text.filled(address=repr(self.address)))

    def ask(self, method: str, path: str, body: bytes | dict[str, Any] | None = None) -> Any:
        """Return the JSON that the server answers.

        Raises:
            UploadError: it answers an error, or there is no answer; then `code` is empty.
        """
        is_raw = isinstance(body, bytes)
        kind = "application/octet-stream" if is_raw else "application/json"
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        where = urljoin(self.address, path)
        request = urllib.request.Request(where, data, method=method)  # noqa: S310 - chosen by the person
        request.add_header("Content-Type", kind)
        if self.proof:
            request.add_header("Authorization", self.proof)
        try:
            context = self._trusting()
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
            )
            with opener.open(request, timeout=_TIMEOUT) as answer:
                content = answer.read()
                return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            text = Text(
                "no answer from {address}: {reason}", "pas de réponse de {address}\u202f: {reason}"
            )
            raise UploadError(text.filled(address=self.address, reason=reason)) from None

    def _trusting(self) -> ssl.SSLContext:
        """Return what checks the server's certificate."""
        if self.shown is None:
            return ssl.create_default_context(cafile=self.ca_file)
        # without those of its authority, which vouches for others too
        text = self.shown.read_text("ascii", "ignore")
        own, end, _ = text.partition("-----END CERTIFICATE-----")
        context = ssl.create_default_context(cadata=own + end)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return context


def send(
    server: Server,
    file: BinaryIO,
    name: str,
    size: int,
    progressed: Callable[[int, bool], None],
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Send a file, and return the source that plays it.

    Args:
        server: receives it.
        file: the file.
        name: what it is called.
        size: its bytes.
        progressed: called with the bytes that have arrived, and whether the network is cut.
        pause: waits for seconds before the next attempt.

    Raises:
        UploadError: the server refuses it, or does not answer for some ten minutes.
    """
    state = server.ask("POST", "api/uploads", {"name": name, "size": size})
    path = f"api/uploads/{state['id']}"
    length, most = FIRST, int(state["part"])
    failures = 0
    try:
        while state["source"] is None:
            try:
                if failures:
                    state = server.ask("GET", path)
                received = state["received"]
                file.seek(received)
                part = _part(file, min(length, most), is_last=received == size)
                began = time.monotonic()
                state = server.ask("PUT", f"{path}?offset={received}", part)
                failures = 0
                if time.monotonic() - began < QUICK:
                    length = min(2 * length, most)
                progressed(state["received"], False)
            except UploadError as error:
                failures += 1
                is_too_large = error.status == _CONTENT_TOO_LARGE and length > LEAST
                if not (error.is_passing or is_too_large) or failures > TRIES:
                    raise
                length = max(LEAST, length // 2)
                if is_too_large:
                    # a proxy takes no larger ones
                    most = length
                progressed(state["received"], not error.status)
                pause(min(LONGEST_PAUSE, 0.25 * 2**failures))
    except BaseException:
        _cancel(server, path)
        raise
    return str(state["source"])


def _part(file: BinaryIO, most: int, *, is_last: bool) -> bytes:
    part = file.read(most)
    if not part and not is_last:
        raise UploadError(_SHORTER, "cut_off", is_passing=False)
    return part


def _cancel(server: Server, path: str) -> None:
    try:
        server.ask("DELETE", path)
    except UploadError:
        return


def _refusal(error: urllib.error.HTTPError) -> UploadError:
    try:
        problem = json.loads(error.read())
        code, detail = str(problem["code"]), str(problem["detail"])
    except (OSError, ValueError, LookupError, TypeError):
        code, detail = "runtime_error", f"HTTP {error.code}"
    is_passing = code in _CUT or (error.code >= _SERVER_ERRORS and code not in _FINAL)
    text = _TEXTS.get(code, Text(detail, detail))
    return UploadError(text, code, status=error.code, is_passing=is_passing)

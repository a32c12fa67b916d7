"""The addresses of pictures on the server; no I/O."""

from urllib.parse import urljoin, urlsplit


def absolute(path: str | None, url: str | None) -> str | None:
    """Return the address of a poster; None if it or the server's address is unknown.

    Args:
        path: a path on the server, or a URL.
        url: where the server's pages are.
    """
    if path is None or urlsplit(path).scheme in {"http", "https"}:
        return path
    return urljoin(url, path) if url else None


def inside(path: str | None, url: str | None) -> str | None:
    """Return the address of a picture, but only if it is on the server itself."""
    full = absolute(path, url)
    if full is None or url is None:
        return None
    return full if urlsplit(full)[:2] == urlsplit(url)[:2] else None

"""No request hides in another one: what two readers could understand differently is refused."""

from __future__ import annotations

import socket
from contextlib import suppress

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.programs.system import System
from tests.webapp import raw
from zapette_webapp.errors import FramingError
from zapette_webapp.http.reading import framing
from zapette_webapp.http.reading.framing import LARGEST_BODY, ChunkedBody

HIDDEN = b"GET /api/id HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /api/credentials HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /api/ip HTTP/1.1\r\nHost: localhost\r\n"

REFUSED = {
    "both": (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "both, the other way": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    "both on a GET": (
        GET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "one length twice": (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    "a list of lengths": (POST + b"Content-Length: 2, 2\r\n\r\n{}", 400),
    "a negative length": (POST + b"Content-Length: -2\r\n\r\n{}", 400),
    "a length with a sign": (POST + b"Content-Length: +2\r\n\r\n{}", 400),
    "a hexadecimal length": (POST + b"Content-Length: 0x2\r\n\r\n{}", 400),
    "a length with letters": (POST + b"Content-Length: 2a\r\n\r\n{}", 400),
    "a length of parts": (POST + b"Content-Length: 1 0\r\n\r\n{}", 400),
    "an empty length": (POST + b"Content-Length:\r\n\r\n", 400),
    "a length in other digits": (POST + "Content-Length: ²\r\n\r\n{}".encode("latin-1"), 400),
    "a huge length": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", 413),
    "a large length": (POST + b"Content-Length: 1073741824\r\n\r\n{}", 413),
    "a large length, 100-continue": (
        POST + b"Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n",
        413,
    ),
    "a folded header": (GET + b"X-A: b\r\n c\r\n\r\n", 400),
    "a folded header by a tab": (GET + b"X-A: b\r\n\tc\r\n\r\n", 400),
    "a folded first header": (b"GET /api/ip HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    "a folded length": (POST + b"Content-Length:\r\n 2\r\n\r\n{}", 400),
    "a space before the colon": (POST + b"Content-Length : 2\r\n\r\n{}", 400),
    "a tab before the colon": (POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400),
    "no colon": (GET + b"X-A\r\n\r\n", 400),
    "no name": (GET + b": x\r\n\r\n", 400),
    "bare LF between headers": (GET + b"X-A: b\nX-B: c\r\n\r\n", 400),
    "bare LF after the request line": (b"GET /api/ip HTTP/1.1\nHost: localhost\r\n\r\n", 400),
    "bare CR in a header": (GET + b"X-A: b\rX-B: c\r\n\r\n", 400),
    "NUL in a header": (GET + b"X-A: b\0c\r\n\r\n", 400),
    "vertical tab after a coding": (POST + b"Transfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n", 400),
    "a coding in quotes": (POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 400),
    "another coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 400),
    "chunked, then another": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    "chunked twice": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked in two fields": (
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "another and chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "no coding": (POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    "an empty coding": (POST + b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400),
    "a coding in 1.0": (
        b"POST /api/pairing HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two hosts": (GET + b"Host: localhost\r\n\r\n", 400),
    "HTTP/2": (b"GET /api/ip HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    "HTTP/1.2": (b"GET /api/ip HTTP/1.2\r\nHost: localhost\r\n\r\n", 505),
    "HTTP/0.9": (b"GET /api/ip\r\nHost: localhost\r\n\r\n", 400),
    "a lower-case version": (b"GET /api/ip http/1.1\r\nHost: localhost\r\n\r\n", 400),
    "two spaces": (b"GET  /api/ip HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a tab in the request line": (b"GET\t/api/ip HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a target that is none": (b"GET api/ip HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "NUL in the target": (b"GET /api/ip\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "white space before the request": (b" " + GET + b"\r\n", 400),
    "bare LF before the request": (b"\n" + GET + b"\r\n", 400),
    "a head that is too large": (GET + b"X-A: " + b"x" * 40000 + b"\r\n\r\n", 431),
    "a chunk with a bare LF": (POST + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n", 400),
    "a chunk line that ends twice": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\n\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "a chunk with a sign": (POST + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk with 0x": (POST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk that is longer": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "an empty line for a chunk": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "a huge chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 413),
    "a large chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n10001\r\n", 413),
    "an endless extension": (POST + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 400, 400),
    "a malformed trailer": (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_words_and_the_connection_ends(system: System, name: str) -> None:
    request, status = REFUSED[name]
    answer = raw.ask(system, request + HIDDEN)
    assert (answer.status, answer.is_closed, answer.rest) == (status, True, b"")
    assert answer.fields["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"]


GOOD = {
    "no body": GET + b"\r\n",
    "no body, said": GET + b"Content-Length: 0\r\n\r\n",
    "an empty line before": b"\r\n" + GET + b"\r\n",
    "empty lines before": b"\r\n\r\n\r\n" + GET + b"\r\n",
    "white space in values": GET + b"X-A:\t b  c \t\r\nX-B:\r\n\r\n",
    "latin letters in a value": GET + b"Cookie: x=\xe9\r\n\r\n",
    "the whole address": b"GET http://localhost/api/ip HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "zeros before a length": GET + b"Content-Length: 000002\r\n\r\n{}",
    "chunked": GET + b"Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks with extensions and a trailer": GET
    + b'Transfer-Encoding: chunked\r\n\r\n1;a="b"\r\n{\r\n01 ; c\r\n}\r\n0\r\nX-A: b\r\n\r\n',
}


@pytest.mark.parametrize("name", GOOD)
def test_served_and_the_connection_goes_on(system: System, name: str) -> None:
    with raw.connect(system) as connection:
        for _ in range(2):
            connection.sendall(GOOD[name])
            answer = raw.read(connection)
            assert (answer.status, answer.is_closed) == (200, False)
            assert "ip" in answer.json


def test_the_host_in_the_request_line_counts(system: System) -> None:
    request = b"GET http://evil.example/api/ip HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert raw.ask(system, request).status == 421


@pytest.mark.parametrize("route", ["/api/credentials", "/", "/media/clip.webm", "/nothing"])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_of_a_gigabyte(system: System, method: str, route: str, is_chunked: bool) -> None:
    """It is refused before it is sent, and where it is sent all the same, little of it is kept."""
    process = psutil.Process(system.pid("web"))
    before = process.memory_info().rss
    head = f"{method} {route} HTTP/1.1\r\nHost: localhost\r\n"
    size = 1 << 30
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
    with raw.connect(system) as connection:
        connection.sendall(f"{head}{length}\r\n\r\n".encode())
        if is_chunked:
            connection.sendall(b"40000000\r\n")
        # as if there were no answer: what is sent before the client reads must not lose it
        connection.sendall(b"x" * (4 << 20))
        answer = raw.read(connection)
    assert (answer.status, answer.is_closed) == (413, True)
    assert answer.json["code"] == "invalid_request"
    assert process.memory_info().rss - before < 8 << 20
    assert not [it for it in process.open_files() if "/tmp" in it.path and "deleted" in it.path]


def test_many_small_chunks_are_no_more_than_one_large(system: System) -> None:
    with raw.connect(system) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"1\r\nx\r\n" * (LARGEST_BODY + 1))
        assert raw.read(connection).status == 413


TOKEN = st.from_regex(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}", fullmatch=True)
VALUE = st.from_regex(rb"[!-~]([ -~\t]{0,20}[!-~])?", fullmatch=True)


@given(st.lists(st.tuples(TOKEN, VALUE), max_size=6))
def test_every_head_of_the_standard_s_form_is_read(fields: list[tuple[bytes, bytes]]) -> None:
    framed = {b"host", b"content-length", b"transfer-encoding"}
    lines = [name + b": " + value for name, value in fields if name.lower() not in framed]
    framing.check_head(b"\r\n".join([b"GET / HTTP/1.1", *lines, b"", b""]))


@given(st.binary(max_size=60), st.integers(0, 2))
@example(b"Content-Length: 1\nX: y", 1)
def test_no_head_with_a_stray_byte_is_read(line: bytes, at: int) -> None:
    lines = [b"Host: x", b"X-A: b"]
    lines.insert(at, line)
    try:
        framing.check_head(b"\r\n".join([b"GET / HTTP/1.1", *lines, b"", b""]))
    except FramingError:
        return
    assert not set(line) & {*range(9), *range(10, 13), *range(14, 32), 127}
    assert not line.startswith((b" ", b"\t", b":"))
    name = line.partition(b":")[0]
    assert not name.strip() or b" " not in name


@given(
    st.lists(st.binary(min_size=1, max_size=300), max_size=8),
    st.lists(st.integers(1, 40), max_size=60),
    st.binary(max_size=10),
)
def test_a_chunked_body_comes_out_as_it_went_in(
    chunks: list[bytes], cuts: list[int], after: bytes
) -> None:
    """However it is cut into packets."""
    coded = b"".join(b"%x\r\n%s\r\n" % (len(it), it) for it in chunks) + b"0\r\n\r\n" + after
    body, read = ChunkedBody(), b""
    for cut in [*cuts, len(coded)]:
        part, coded = coded[:cut], coded[cut:]
        read += body.feed(part)
        if body.is_complete:
            break
    assert read == b"".join(chunks)
    assert body.is_complete
    assert body.rest + coded == after


@given(st.binary(min_size=1, max_size=200))
def test_no_bytes_break_a_chunked_body(data: bytes) -> None:
    with suppress(FramingError):
        assert len(ChunkedBody().feed(data)) < len(data)


def test_a_client_that_does_not_stop_sending_is_cut_off(system: System) -> None:
    with raw.connect(system) as connection:
        connection.sendall(POST + b"Content-Length: 99999999999\r\n\r\n")
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            send_without_end(connection)


def send_without_end(connection: socket.socket) -> None:
    while True:
        connection.sendall(bytes(1 << 16))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET + b"Expect: 100-continue\r\n\r\n", 200),
        (GET.replace(b"/api/ip", b"/mqtt") + b"Expect: 100-continue\r\n\r\n", 400),
        (POST + b"Content-Length: 0\r\nExpect: 100-continue\r\n\r\n", 400),
    ],
    ids=["no body", "no body for the broker", "an empty body"],
)
def test_nothing_is_awaited_after_a_complete_request(
    system: System, request_: bytes, status: int
) -> None:
    """Whatever it expects: without a body there is nothing to continue (RFC 9110, 10.1.1)."""
    assert raw.ask(system, request_).status == status

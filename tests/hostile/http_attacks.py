"""What a stranger does to the pages' server."""

from __future__ import annotations

import asyncio
import random
from typing import ClassVar, Final

from tests.hostile.attack import Attack
from tests.hostile.peer import stream

BODY_LIMIT: Final = 512 * 2**20
"""How many bytes of bodies are sent at most: enough to prove it, and disks are small."""


class MakesRows(Attack):
    """Asks to end visitors of players that it has just made up, which takes rows of the store."""

    name: ClassVar[str] = "rows for players made up"
    at_once: ClassVar[int] = 4

    async def attack(self, _number: int) -> None:
        http = self.target.http()
        try:
            while True:
                made = await http.ask("GET", "/api/id")
                self.counts[f"id {made.status}"] += 1
                if made.status != 200:
                    await asyncio.sleep(0.05)
                    continue
                key = {"owner_key": made.json["owner_key"]}
                for path in ("visitors/remote-AAAAAAAAAAAA/end", "code", "pairing"):
                    url = f"/api/players/{made.json['id']}/{path}"
                    answer = await http.ask("POST", url, key)
                    self.counts[f"{path.split('/')[0]} {answer.status}"] += 1
        finally:
            http.close()


class TricklesHeaders(Attack):
    """Opens connections from one address, and sends a byte of a header now and then."""

    name: ClassVar[str] = "connections that trickle a header"
    at_once: ClassVar[int] = 4_100

    async def attack(self, number: int) -> None:
        await asyncio.sleep(number / self.at_once)
        _, writer = await stream(self.target.http_port, self.target.address)
        self.counts["opened"] += 1
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
            while True:
                await writer.drain()
                await asyncio.sleep(1)
                writer.write(b"x")
        finally:
            writer.close()


class SendsBodies(Attack):
    """Announces a body of 1 GB to any route, and sends it for as long as it is taken."""

    name: ClassVar[str] = "bodies of 1 GB"
    at_once: ClassVar[int] = 2
    PATHS: ClassVar = ("/api/credentials", "/", "/media/zapette.webm", "/api/pairing", "/none")

    async def attack(self, _number: int) -> None:
        reader, writer = await stream(self.target.http_port, self.target.address)
        path = random.choice(self.PATHS)
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {10**9}\r\n\r\n"
        chunk = bytes(65_536)
        try:
            writer.write(head.encode())
            while self.counts["bytes"] < BODY_LIMIT and not reader.at_eof():
                writer.write(chunk)
                async with asyncio.timeout(5):
                    await writer.drain()
                self.counts["bytes"] += len(chunk)
                # lets the answer in, which says no
                await asyncio.sleep(0)
            if self.counts["bytes"] >= BODY_LIMIT:
                await asyncio.sleep(1)
        finally:
            writer.close()


class GuessesCodes(Attack):
    """Guesses codes to type from many addresses."""

    name: ClassVar[str] = "codes guessed from many addresses"
    at_once: ClassVar[int] = 4

    async def attack(self, _number: int) -> None:
        address = (
            f"127.{random.randrange(100, 200)}.{random.randrange(256)}.{random.randrange(256)}"
        )
        http = self.target.http(address)
        try:
            for _ in range(5):
                code = f"{random.randrange(10**8):08}"
                answer = await http.ask("POST", "/api/pairing", {"code": code})
                self.counts[str(answer.status)] += 1
                if answer.status == 429:
                    break
        finally:
            http.close()

"""The demo's Python program: ``service.py URL``, in the environment of Crossbar.io."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from autobahn.asyncio.wamp import (
    ApplicationRunner,
    ApplicationSession,
)


class Service(ApplicationSession):  # type: ignore[misc]  # the environment is another one
    """Gives players an address and an id."""

    async def onJoin(self, _details: Any) -> None:  # noqa: N802 - autobahn's own name
        """Offer both procedures."""
        await self.register(lambda: "127.0.0.1", "demo.ip")
        await self.register(lambda: uuid.uuid4().hex, "demo.uuid")
        print("ready", flush=True)


if __name__ == "__main__":
    ApplicationRunner(sys.argv[1], "realm1").run(Service)

"""Real Firefox, driven over WebDriver BiDi: Playwright cannot drive the distribution's."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any, Final, Self

from websockets.sync.client import ClientConnection, connect

from tests.browser.driving.page_driver import FIND
from tests.programs import fronts
from tests.waiting import HANG_TIMEOUT, eventually

_LISTENS: Final = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_SETTINGS: Final = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "intl.accept_languages": "en-US",
}


class Firefox:
    """One browser process with a profile of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "firefox.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: ClientConnection | None = None
        self._calls = 0
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        profile = self._folder / "profile"
        profile.mkdir(parents=True)
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in _SETTINGS.items())
        (profile / "user.js").write_text("\n".join(lines))
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile),
                   "--remote-debugging-port", "0", "about:blank"]  # fmt: skip
        with self._log.open("wb") as log:
            # a group of its own, so that what it starts ends with it
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | {"HOME": str(self._folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
            )
        try:
            found = eventually(self._listening, "Firefox listens", timeout=90, every=0.1)
            # messages have screens in them; a slow machine may think for long
            self._socket = connect(
                f"{found}/session", max_size=None, ping_interval=None, open_timeout=60
            )
            # the authority of this run of the tests is in no store
            given = {"acceptInsecureCerts": fronts.chosen().endswith("tls")}
            self.call("session.new", {"capabilities": {"alwaysMatch": given}})
            self.call("session.subscribe", {"events": ["log.entryAdded"]})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(HANG_TIMEOUT)

    def open(self, url: str) -> FirefoxTab:
        """Open an address in a tab of its own."""
        context = self.call("browsingContext.create", {"type": "tab"})["context"]
        tab = FirefoxTab(self, context)
        self.call("browsingContext.navigate", {"context": context, "url": url, "wait": "complete"})
        return tab

    def call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Send a command of WebDriver BiDi, and return its result."""
        assert self._socket is not None
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("method") == "log.entryAdded":
                self._note(answer["params"])
            if answer.get("id") != self._calls:
                continue
            assert answer["type"] == "success", answer
            return dict(answer["result"])

    def _note(self, entry: dict[str, Any]) -> None:
        if entry["level"] == "error":
            self.faults.append(str(entry["text"]))

    def _listening(self) -> str | None:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text(errors="replace")
        found = _LISTENS.search(self._log.read_text(errors="replace"))
        return found[1] if found else None


class FirefoxTab:
    """A page in Firefox as a person has it."""

    def __init__(self, browser: Firefox, context: str) -> None:
        self._browser = browser
        self._context = context

    def see(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = self._browser.call(
            "script.evaluate",
            {
                "expression": f"JSON.stringify({expression})",
                "target": {"context": self._context},
                "awaitPromise": False,
                "userActivation": False,
            },
        )
        if answer["type"] != "success":
            thrown = str(answer["exceptionDetails"]["text"])
            # of an element that is not there, or not there yet
            fault = LookupError if thrown.startswith("TypeError") else AssertionError
            raise fault(f"{expression}: {thrown}")
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    def data(self, name: str) -> str | None:
        value = self.see(f"document.body.dataset[{json.dumps(name)}] || null")
        return None if value is None else str(value)

    @property
    def text(self) -> str:
        return str(self.see("document.body.innerText"))

    def find(self, name: str) -> dict[str, Any] | None:
        found = self.see(f"{FIND}({json.dumps(name)})")
        return None if found is None else dict(found)

    def click(self, name: str) -> None:
        """Click on a control with a mouse, once it can be used."""
        self._browser.call("browsingContext.activate", {"context": self._context})

        def usable() -> dict[str, Any] | None:
            found = self.find(name)
            return found if found and found["usable"] else None

        box = eventually(usable, f"a usable {name!r} in {self.text!r}", timeout=30)
        assert box is not None
        at = {"x": round(box["x"] + box["width"] / 2), "y": round(box["y"] + box["height"] / 2)}
        actions = [
            {"type": "pointerMove", **at},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act([{"type": "pointer", "id": "mouse", "actions": actions}])

    def type(self, text: str) -> None:
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._act([{"type": "key", "id": "keyboard", "actions": keys}])

    def _act(self, actions: list[dict[str, Any]]) -> None:
        self._browser.call("input.performActions", {"context": self._context, "actions": actions})

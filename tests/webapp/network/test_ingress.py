"""The pages inside Home Assistant, behind its ingress."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.driving.chromium import launched
from tests.programs.ports import free_port
from tests.programs.system import System
from tests.webapp.network.proxy import Proxy

pytestmark = pytest.mark.slow

PATH = "/api/hassio_ingress/Ab-9_xyz"
# what Home Assistant and its Supervisor add: the first address is really called so
FIELDS = (
    f"X-Ingress-Path: {PATH}", "X-Forwarded-For: None, 127.0.0.1", "X-Forwarded-Proto: http",
)  # fmt: skip


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    given = {"ZAPETTE_TRUSTED_PROXY": "127.0.0.1", "ZAPETTE_BIND": "127.0.0.1"}
    with System(tmp_path_factory.mktemp("inside"), given) as running:
        yield running


@pytest.fixture(scope="module")
def ingress(inside: System) -> Iterator[str]:
    port = free_port()
    made = Proxy(port, inside.http_port, PATH, FIELDS)
    made.start()
    yield f"http://localhost:{port}{PATH}/"
    made.stop()


def test_the_player_works_in_a_frame_of_home_assistant(ingress: str) -> None:
    failures: list[str] = []
    sockets: list[str] = []
    with launched() as browser:
        page = browser.new_page()
        page.on("websocket", lambda it: sockets.append(it.url))
        page.on("requestfailed", lambda it: failures.append(f"{it.url} {it.failure}"))
        page.on("console", lambda it: failures.append(it.text) if it.type == "error" else None)
        page.route(
            "**/hassio/ingress/zapette",
            lambda it: it.fulfill(
                content_type="text/html", body=f"<iframe src={ingress} width=900 height=700>"
            ),
        )
        page.goto(ingress.replace(f"{PATH}/", "/hassio/ingress/zapette"))
        frame = page.frame_locator("iframe")
        frame.locator("body[data-connection=live]").wait_for(state="attached")
        # phones do not come through Home Assistant
        link = frame.locator("qr-card a").first.get_attribute("href")
        paths = {it.get("path") for it in page.context.cookies(f"{ingress}api/credentials")}
        # what is still asked for when the browser is closed fails
        failed = list(failures)
    assert link is not None
    assert PATH not in link
    assert sockets == [ingress.replace("http:", "ws:") + "mqtt"]
    assert paths <= {f"{PATH}/", f"{PATH}/api"}
    assert failed == []


def test_only_the_trusted_proxy_names_a_path(inside: System) -> None:
    trusted = {"X-Ingress-Path": PATH, "X-Forwarded-For": "None, 127.0.0.1"}
    made = inside.get("api/id").json
    given = inside.post("api/credentials", made, trusted).json
    assert given["url"] == f"ws://localhost:{inside.http_port}{PATH}/mqtt"
    policy = inside.get("", trusted).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    for forged in (
        {"X-Ingress-Path": PATH},
        trusted | {"X-Ingress-Path": "//elsewhere.example/x"},
        trusted | {"X-Ingress-Path": f"{PATH}/../x"},
        trusted | {"X-Ingress-Path": '/api/hassio_ingress/"onload'},
    ):
        answer = inside.get("", forged)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        told = inside.post("api/credentials", made, forged).json
        assert told["url"] == f"ws://localhost:{inside.http_port}/mqtt"

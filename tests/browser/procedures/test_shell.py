"""From a shell, with the household's account and nothing but the mosquitto tools."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.browser.driving.pair import Pair
from tests.programs.mosquitto import run_tool, tool
from tests.programs.processes import ending
from tests.programs.shared_system import needs_mqtt_5
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl

V3 = pytest.param(["-V", "311"], id="3.1.1")
VERSIONS = pytest.mark.parametrize("version", [pytest.param([], id="default"), V3])


@VERSIONS
def test_publish_a_command(pair: Pair, home: BrokerUrl, version: list[str]) -> None:
    topic = f"{pair.player.root}/command"
    run_tool("pub", home, *version, "-t", f"{topic}/volume", "-m", "40").check_returncode()
    eventually(lambda: pair.player.level == 40, "the video is less loud")
    eventually(lambda: pair.phone.slider("Volume") == 40, "the phone shows it")
    run_tool("pub", home, *version, "-q", "1", "-t", f"{topic}/play", "-n").check_returncode()
    pair.player.advances()
    pair.phone.wait_for("Pause")
    title = '{"source": "media/zapette.webm", "title": "Un film"}'
    run_tool("pub", home, *version, "-t", f"{topic}/load", "-m", title).check_returncode()
    eventually(lambda: "Un film" in pair.phone.text, "the phone shows the title")


@VERSIONS
def test_subscribe_to_the_states_of_all_players(
    pair: Pair, home: BrokerUrl, version: list[str]
) -> None:
    arguments = ["-t", "zapette/players/+/state", "-F", "%t %p", *version, "-W", "20"]
    command = tool("sub", home, *arguments)
    with ending(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as listener:
        assert listener.stdout is not None
        seen = []
        for line in listener.stdout:
            topic, payload = line.split(" ", 1)
            if topic != f"{pair.player.root}/state":
                continue
            seen.append(json.loads(payload)["volume"])
            if len(seen) == 1:
                # the retained one is there; now a new one
                pair.observer.ask("volume", b"61")
            if seen[-1] == 61:
                break
    assert seen[-1] == 61
    assert len(seen) >= 2


@needs_mqtt_5
def test_request_and_response_with_no_option(pair: Pair, home: BrokerUrl) -> None:
    root = pair.player.root
    arguments = ["-t", f"{root}/command/status", "-e", f"{root}/response/cli/1", "-m", ""]
    answer = run_tool("rr", home, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["result"]["volume"] == 100
    # with correlation data, and an error
    arguments = ["-t", f"{root}/command/volume", "-e", f"{root}/response/cli/2", "-m", "900",
                 "-D", "publish", "correlation-data", "abc", "-F", "%D %p"]  # fmt: skip
    answer = run_tool("rr", home, *arguments)
    assert answer.returncode == 0, answer.stderr
    correlation, payload = answer.stdout.split(" ", 1)
    assert correlation == "abc"
    assert json.loads(payload)["error"]["code"] == "invalid_argument"
    assert pair.player.level == 100


# mosquitto_rr speaks MQTT 5 by default
@pytest.mark.parametrize("version", [pytest.param([], id="default", marks=needs_mqtt_5), V3])
def test_request_and_response_by_topic(pair: Pair, home: BrokerUrl, version: list[str]) -> None:
    root = pair.player.root
    arguments = ["-t", f"{root}/request/cli/7/volume", "-e", f"{root}/response/cli/7", "-m", "23"]
    answer = run_tool("rr", home, *version, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["result"]["volume"] == 23
    assert pair.player.level == 23

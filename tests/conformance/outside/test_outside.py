"""The command as a whole, without a network: a small suite of our own in place of the fetched one.

It has the form of the other: scripts that start what is at ``src/mosquitto`` below ``BUILD_ROOT``,
compare bytes, and end with 0 if they agree.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conformance.outside import paho
from tests.conformance.outside.__main__ import main

HELPER = """
import os, socket, subprocess, sys, time

def start(port, *settings):
    with open("own.conf", "w") as file:
        file.write("".join(f"{line}\\n" for line in (f"listener {port}", *settings)))
    broker = os.environ["BUILD_ROOT"] + "/src/mosquitto"
    return subprocess.Popen(["valgrind", "-q", broker, "-v", "-c", "own.conf", "-p", str(port)])

def connect(broker, port):
    while broker.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError:
            time.sleep(0.05)
    sys.exit("the broker is gone")

def play(port, sent, expected, *settings):
    broker = start(port, *settings)
    with connect(broker, port) as stream:
        stream.sendall(bytes.fromhex(sent))
        got = b""
        while len(got) < len(bytes.fromhex(expected)) and (more := stream.recv(100)):
            got += more
    broker.terminate()
    if broker.wait(30) or got.hex() != expected.replace(" ", ""):
        sys.exit(f"got {got.hex(' ')}")
"""
CONNECT = "10 0e 0004 4d515454 05 02 000a 00 0001 61"
CONNACK = "20 0e 00 00 0b 22000a 27001e8480 210014"
SCRIPTS = {
    "01-agrees.py": f"""
from helper import *
play(int(sys.argv[1]), "{CONNECT} c000", "{CONNACK} d000", "allow_anonymous true")
""",
    "02-differs.py": f"""
from helper import *
play(int(sys.argv[1]), "{CONNECT} c000", "{CONNACK} d001", "allow_anonymous true")
""",
    "03-wants-another-setting.py": f"""
from helper import *
play(int(sys.argv[1]), "{CONNECT} c000", "{CONNACK} d000", "retain_available false")
""",
    "04-is-kept.py": """
import importlib
from helper import *
kept = importlib.import_module(sys.argv.pop(1))
port = int(sys.argv[1])
for expected in (True, False):
    kept.write_config("kept.conf", port)
    broker = subprocess.Popen(
        [os.environ["BUILD_ROOT"] + "/src/mosquitto", "-v", "-c", "kept.conf", "-p", str(port)]
    )
    with connect(broker, port) as stream:
        publish = bytes.fromhex("31 08 0001 61 00 6b657074") if expected else b""
        stream.sendall(
            bytes.fromhex("CONNECT") + publish + bytes.fromhex("82 07 0001 00 0001 61 00")
        )
        got = b""
        while len(got) < 32 and (more := stream.recv(100)):
            got += more
    broker.terminate()
    if broker.wait(30) or not got.endswith(bytes.fromhex("31 08 0001 61 00 6b657074")):
        sys.exit(f"got {got.hex(' ')}")
""".replace("CONNECT", CONNECT),
    "06-bridge-of-ours.py": "raise SystemExit('not to be run')",
    "msg_sequence_test.py": """
import json, pathlib, sys
for group in json.loads((pathlib.Path(__file__).parent / "data" / "cases.json").read_text()):
    for case in group["tests"]:
        name = f"{group['group']} {case['name']}"
        if case["how"]:
            print(f"\\033[31m{name} failed: {case['how']}\\033[0m")
        if case["how"] == "timed out":
            sys.exit()
print("2 tests total\\n2 tests succeeded")
""",
}
CASES = [
    {
        "group": "v5.0   PUBLISH",
        "tests": [
            {"name": "well", "how": ""},
            {"name": "30 topic with U+0001", "how": "timed out"},
            {"name": "unheard of", "how": "Still connected"},
        ],
    }
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of what was fetched, with the small suite in it."""
    suite = tmp_path / "source" / "tree" / "test" / "broker"
    (suite / "data").mkdir(parents=True)
    for name, text in (SCRIPTS | {"helper.py": HELPER}).items():
        (suite / name).write_text(text)
    (suite / "data" / "cases.json").write_text(json.dumps(CASES))
    listed = [(1, f"./{name}", *(["store"] if "kept" in name else [])) for name in SCRIPTS]
    (suite / "test.py").write_text(f"tests = {listed!r}\n")
    (tmp_path / "source" / "ready").touch()
    return tmp_path


def test_suite(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What agrees passes, what does not is told, and what is not for us is left out."""
    assert main(["--folder", str(folder), "--on", "ours", "--seconds", "60", "--show"]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert "ours passed 01-agrees.py" in lines
    assert "ours failed 02-differs.py" in lines
    assert "got 20 0e 00 00 0b 22 00 0a 27 00 1e 84 80 21 00 14 d0 00" in told.out
    name = "03-wants-another-setting.py"
    assert f"ours apart {name} settings of Mosquitto: retain_available" in lines
    assert "ours passed 04-is-kept.py" in lines
    assert "ours apart 06-bridge-of-ours.py bridges between two Mosquittos" in lines
    assert lines[-1] == "ours: 2 scripts passed, 2 failed, 2 apart; 1 of 3 cases"
    assert told.err.splitlines() == [
        "ours: 02-differs.py failed",
        "ours: v5.0   PUBLISH unheard of failed: Still connected",
    ]


def test_broker_that_does_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once, with what it printed, and not by every script."""
    broken = ("sh", "-c", "echo no such library; exit 1")
    monkeypatch.setattr("tests.conformance.outside.build_root.STAND_IN", broken)
    with pytest.raises(RuntimeError, match="no such library"):
        main(["--folder", str(folder), "--on", "ours"])


PAHO = """
import threading, time, unittest
import paho.mqtt.client as paho

class Test(unittest.TestCase):
    def test_a_message_comes_back(self):
        import mqtt.brokers
        broker = threading.Thread(target=mqtt.brokers.run, kwargs={"config": ["listener 0"]})
        broker.start()
        while mqtt.brokers.listeners.TCPListeners.server is None:
            time.sleep(0.02)
        server = mqtt.brokers.listeners.TCPListeners.server
        came, ready = threading.Event(), threading.Event()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.on_connect = lambda *_: client.subscribe("a", qos=2)
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda *_: came.set()
        client.connect("127.0.0.1", server.socket.getsockname()[1])
        client.loop_start()
        assert ready.wait(30)
        client.publish("a", b"x", qos=2)
        assert came.wait(30)
        client.disconnect()
        client.loop_stop()
        server.shutdown()
        server.server_close()
        broker.join(30)
        assert not broker.is_alive()

    def test_subscribe_failure(self):
        raise AssertionError("left out")

    def test_that_fails(self):
        raise AssertionError("told")
"""


def test_paho(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests in the form of Paho's find our broker where theirs would be."""
    tests = tmp_path / f"paho-{version('paho-mqtt')}" / paho.TESTS
    tests.parent.mkdir(parents=True)
    tests.write_text(PAHO)
    assert paho.main(["--folder", str(tmp_path), "-q"]) == 1
    assert "1 failed, 1 passed, 1 deselected" in capfd.readouterr().out

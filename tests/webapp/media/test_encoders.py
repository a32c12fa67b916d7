"""Which encoder converts films: what was tried and works."""

from __future__ import annotations

import logging

import pytest

from tests.waiting import eventually
from zapette_webapp.media.encoders import (
    AUTO,
    LIMITS,
    SOFTWARE,
    Encoder,
    Encoders,
    candidates,
    is_hardware,
)
from zapette_webapp.media.tools import Tool
from zapette_webapp.status import prometheus

# A second encoder of software stands for one of hardware: it works on every machine.
WORKING = Encoder("libx264rgb", (), ",format=rgb24", ("-preset", "ultrafast"))
ABSENT = Encoder("h264_of_nobody", (), ",format=nv12")
NO_DEVICE = Encoder("libx264rgb", ("-vaapi_device", "/dev/dri/none"), ",format=rgb24")


def found(setting: str = AUTO, *encoders: Encoder) -> Encoders:
    made = Encoders(setting)
    made.find(encoders)
    assert made.tried.is_set()
    return made


def test_the_first_that_works_is_the_best() -> None:
    encoders = found(AUTO, ABSENT, NO_DEVICE, WORKING, Encoder("mpeg4"))
    assert encoders.best == WORKING
    text = prometheus.render(encoders.families())
    assert 'zapette_encoder_info{encoder="libx264rgb"} 1' in text
    assert 'zapette_encoder_works{encoder="h264_of_nobody"} 0' in text
    assert encoders.tool.outcomes()["failed"] == 2


def test_software_where_none_works(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        encoders = found(AUTO, ABSENT)
    assert encoders.best == SOFTWARE
    assert "films are converted with libx264" in caplog.text


def test_the_setting_decides(caplog: pytest.LogCaptureFixture) -> None:
    assert found(SOFTWARE.name, WORKING).best == SOFTWARE
    assert found(WORKING.name, Encoder("mpeg4"), WORKING).best == WORKING
    with caplog.at_level(logging.WARNING):
        assert found(ABSENT.name, WORKING, ABSENT).best == SOFTWARE
    assert "the encoder h264_of_nobody does not work here; libx264 is used" in caplog.text


def test_nothing_is_tried_without_ffmpeg_or_after_the_end() -> None:
    absent = Encoders(AUTO, Tool(["there-is-no-such-program"], LIMITS))
    absent.find([WORKING])
    assert absent.best == SOFTWARE
    stopped = Encoders()
    stopped.stop()
    stopped.find([WORKING])
    assert stopped.best == SOFTWARE
    assert not stopped.tried.is_set()


def test_those_of_this_machine_are_tried_in_the_background() -> None:
    encoders = Encoders()
    encoders.start()
    try:
        assert encoders.tried.wait(60)
        assert encoders.tool.outcomes()["busy"] == 0
        # whatever it is, it makes H.264
        assert encoders.best.is_software or is_hardware([encoders.best.name])
    finally:
        encoders.stop()


def test_what_differs_between_them() -> None:
    listed = list(candidates(["/dev/dri/renderD128", "/dev/dri/renderD129"]))
    assert [it.before[1] for it in listed if it.name == "h264_vaapi"] == [
        "/dev/dri/renderD128",
        "/dev/dri/renderD129",
    ]
    assert SOFTWARE.level(41) == "4.1"
    assert {it.level(41) for it in listed} == {"4.1", "41"}
    assert all(is_hardware(["ffmpeg", "-c:v", it.name]) for it in listed)
    assert not is_hardware(["ffmpeg", "-c:v", SOFTWARE.name])


def test_one_that_failed_in_use_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    encoders = found(AUTO, WORKING)
    runs = encoders.tool.outcomes()["done"]
    encoders.doubt(WORKING, "no memory")
    eventually(lambda: encoders.tool.outcomes()["done"] == runs + 1, "it is tried again")
    assert encoders.best == WORKING
    # a card that is gone: other films begin in software
    encoders.tool.stop()
    encoders.doubt(WORKING, "no device")
    eventually(lambda: encoders.best == SOFTWARE, "it is not taken any more")
    assert caplog.text.count("converting with libx264rgb failed: no memory") == 1
    assert "no device" not in caplog.text
    eventually(lambda: "libx264rgb does not work any more" in caplog.text, "it is said")
    assert 'zapette_encoder_works{encoder="libx264rgb"} 0' in prometheus.render(encoders.families())


def test_films_that_fail_at_once_share_a_trial() -> None:
    encoders = found(AUTO, WORKING)
    runs = encoders.tool.outcomes()["done"]
    # nothing else is tried meanwhile
    with encoders.tool.turn():
        for _ in range(3 * LIMITS.waiting):
            encoders.doubt(WORKING, "no memory")
    eventually(lambda: encoders.tool.outcomes()["done"] == runs + 1, "it is tried again")
    encoders.tool.stop()
    eventually(lambda: _is_dropped_after_doubt(encoders), "the trial is over: another one begins")
    assert encoders.tool.outcomes()["busy"] == 0


def _is_dropped_after_doubt(encoders: Encoders) -> bool:
    encoders.doubt(WORKING, "no device")
    return encoders.best == SOFTWARE

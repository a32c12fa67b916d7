"""The grammar of plans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette_webapp.errors import InvalidRequest
from zapette_webapp.streams.planning.plan import HEIGHTS, Plan, parse
from zapette_webapp.streams.viewers import MOST, Viewers, viewer

PLANS = st.one_of(
    st.builds(Plan, st.sampled_from(["copy", "h264"]), st.sampled_from(["copy", "aac", "none"])),
    st.builds(Plan, st.just("none"), st.sampled_from(["copy", "aac"])),
    st.builds(
        Plan,
        st.just("h264"),
        st.sampled_from(["copy", "aac", "none"]),
        st.none() | st.sampled_from(HEIGHTS),
        st.none() | st.integers(0, 99),
    ),
)


@given(PLANS)
def test_what_is_written_is_read_again(plan: Plan) -> None:
    assert parse(str(plan)) == plan


@given(st.text("copyh264noeac.-burn0179", max_size=20))
def test_each_plan_has_one_name(text: str) -> None:
    try:
        plan = parse(text)
    except InvalidRequest:
        return
    assert str(plan) == text


@pytest.mark.parametrize(
    "text",
    ["", "copy", "h264-", "h264.72-aac", "h264.99999-aac", "copy.720-aac", "none-none",
     "h264.burn-aac", "h264.burn01-aac", "h264.burn100-aac", "none.burn0-aac", "h264-aac-x",
     "H264-aac", "h264.720.burn1.burn2-aac", "h264.0720-aac"],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse(text)


def test_only_the_latest_viewers_are_kept_in_mind() -> None:
    """Anybody may send any query, so that there is no end of viewers."""
    kept = Viewers()
    for number in range(3 * MOST):
        kept[viewer("192.0.2.1", "Browser", [f"viewer={number:x}" * 500])] = float(number)
        kept["the first"] = float(number)
    assert len(kept) == MOST
    assert list(kept.values())[-2:] == [3.0 * MOST - 1] * 2
    assert max(map(len, kept)) <= 16
    pages = {viewer("192.0.2.1", "Browser", [f"viewer={it}"]) for it in ("a", "b")}
    assert len(pages) == 2

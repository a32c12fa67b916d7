"""The timer wheel keeps nothing of who left."""

from __future__ import annotations

from zapette_broker.timers import TimerWheel


class Member:
    due = 0

    def on_time(self, now: float) -> float | None:
        raise AssertionError(f"asked at {now}")


def test_who_leaves_leaves_nothing() -> None:
    wheel = TimerWheel()
    for number in range(1000):
        member = Member()
        wheel.add(member, float(number))
        wheel.add(member, number + 43_200.0)
        wheel.remove(member)
        assert member.due == 0
    assert not wheel._buckets

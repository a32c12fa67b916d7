"""Failed logins: the more come from one address, the later they are answered."""

from __future__ import annotations

from collections import OrderedDict

from zapette_broker.client_addresses import client_of
from zapette_broker.limits import Limits

_KEPT_ADDRESSES = 4096
_FORGET_AFTER = 300.0


class FailedLogins:
    """How long to wait before a failed login is answered; bounded, does no I/O."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._pending: dict[str, int] = {}

    def failed(self, peer: str, now: float) -> float | None:
        """Note a failure and return the seconds to wait before it is answered.

        None if so many of this address wait already that this one is not worth an answer;
        else the caller owes an `answered`.
        """
        peer = client_of(peer)
        count, last = self._failures.pop(peer, (0, now))
        if now - last > _FORGET_AFTER:
            count = 0
        self._failures[peer] = (count + 1, now)
        if len(self._failures) > _KEPT_ADDRESSES:
            self._failures.popitem(last=False)
        pending = self._pending.get(peer, 0)
        if pending >= self._limits.max_failed_logins:
            return None
        self._pending[peer] = pending + 1
        delay = self._limits.login_delay * 2 ** min(count, 30)
        return float(min(delay, self._limits.max_login_delay))

    def answered(self, peer: str) -> None:
        """Take note that a failed login was answered."""
        peer = client_of(peer)
        pending = self._pending.get(peer, 0)
        if pending > 1:
            self._pending[peer] = pending - 1
        else:
            self._pending.pop(peer, None)

    def succeeded(self, peer: str) -> None:
        """Forget one failure of the address: a guess does not clear what others failed."""
        peer = client_of(peer)
        count, last = self._failures.get(peer, (0, 0.0))
        if count > 1:
            self._failures[peer] = (count - 1, last)
        else:
            self._failures.pop(peer, None)

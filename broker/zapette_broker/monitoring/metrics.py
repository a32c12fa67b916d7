"""What the broker counts."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Metrics:
    """Counters since the start; plain numbers, for `$SYS` and for Prometheus.

    Attributes:
        connections_opened: sockets accepted.
        connections_refused: sockets closed at once because a listener was full.
        clients_connected: clients connected now.
        clients_maximum: most clients connected at a time.
        connects_accepted: CONNECTs answered with success.
        connects_refused: CONNECTs refused, for whatever reason.
        logins_failed: CONNECTs refused for their credentials.
        takeovers: connections ended because the client id connected again.
        keep_alive_timeouts: connections ended for silence.
        protocol_violations: connections ended because a rule of MQTT was broken.
        slow_consumers: connections ended because too much waited for them.
        expired_grants: connections ended because their token expired.
        revoked: connections ended by `Broker.disconnect`.
        bytes_received: bytes of MQTT packets read.
        bytes_sent: bytes of MQTT packets written.
        packets_received: packets read.
        packets_sent: packets written.
        publish_received: PUBLISH packets read.
        publish_sent: PUBLISH packets written.
        publish_bytes_received: bytes of application data in them.
        publish_bytes_sent: likewise, sent.
        publish_denied: messages that their publisher had no right to.
        publish_dropped: messages dropped for one receiver: queue full, too large or expired.
        subscribe_denied: subscriptions that the client had no right to.
        wills_published: will messages published.
        internal_errors: connections ended by a bug in the broker.
        sessions_expired: sessions that ended because their client stayed away.
        sessions_evicted: sessions of absent clients that ended to make room for others.
        retained_refused: messages that were not retained because there was no room.
    """

    connections_opened: int = 0
    connections_refused: int = 0
    clients_connected: int = 0
    clients_maximum: int = 0
    connects_accepted: int = 0
    connects_refused: int = 0
    logins_failed: int = 0
    takeovers: int = 0
    keep_alive_timeouts: int = 0
    protocol_violations: int = 0
    slow_consumers: int = 0
    expired_grants: int = 0
    revoked: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    packets_received: int = 0
    packets_sent: int = 0
    publish_received: int = 0
    publish_sent: int = 0
    publish_bytes_received: int = 0
    publish_bytes_sent: int = 0
    publish_denied: int = 0
    publish_dropped: int = 0
    subscribe_denied: int = 0
    wills_published: int = 0
    internal_errors: int = 0
    sessions_expired: int = 0
    sessions_evicted: int = 0
    retained_refused: int = 0

    def snapshot(self) -> dict[str, int]:
        """Return all counters by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

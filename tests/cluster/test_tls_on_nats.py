"""TLS between nodes, and between nodes and everybody else.

Only `make test-cluster` has these tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.clients.mqtt_clients import Household
from tests.programs.fronts import authority
from tests.programs.nats_cluster import SystemOnNats
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics

CLIENTS = '# tls { cert_file: "cert.pem", key_file: "key.pem" }'
NODES = '# tls { cert_file: "cert.pem", key_file: "key.pem", ca_file: "ca.pem", verify: true }'


def make_certificate(folder: Path) -> None:
    """Make a certificate by which nodes know each other, each as a server and as a client."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a node")])
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    text = certificate.public_bytes(Encoding.PEM)
    for file in ("cert.pem", "ca.pem"):
        (folder / file).write_bytes(text)
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def switch_on(folder: Path) -> None:
    """Change the files as their comments say."""
    make_certificate(folder)
    ours = (authority().server_certificate, authority().server_key)
    certificate = 'tls {{ cert_file: "{}", key_file: "{}" }}'.format(*ours)
    for file in folder.glob("node-*.conf"):
        text = file.read_text()
        assert (text.count(CLIENTS), text.count(NODES), text.count("no_tls: true")) == (3, 1, 1)
        text = text.replace(NODES, NODES.removeprefix("# ")).replace(CLIENTS, certificate)
        file.write_text(text.replace("no_tls: true", ""))
    settings = folder / "zapette.toml"
    text = settings.read_text()
    for plain, secure in (("mqtt://", "mqtts://"), ("ws://", "wss://"), ("nats://", "tls://")):
        text = text.replace(plain, secure)
    settings.write_text(text)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemOnNats]:
    trusted = {"ZAPETTE_CA_FILE": str(authority().certificate)}
    system = SystemOnNats(tmp_path_factory.mktemp("secure"), trusted)
    switch_on(system.cluster.folder)
    # all parts are up: the web side trusts the nodes, and the nodes each other
    with system:
        yield system


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(url: str, given: dict[str, Any], **options: Any) -> Client:
        parsed = BrokerUrl.parse(url)
        account = (given["username"], given["password"])
        node = BrokerUrl(parsed.scheme, parsed.host, parsed.port, parsed.path, *account)
        clients.append(Client(node, client_id=given["client_id"], **options))
        clients[-1].start()
        return clients[-1]

    yield make
    for client in clients:
        client.stop()


def test_a_phone_pilots_a_player(secure: SystemOnNats, connect: Callable[..., Client]) -> None:
    home = Household(secure)
    callee = Topics().player(home.id)
    trusted = authority().certificate
    programs = secure.cluster.settings.urls.split(", ")
    player = connect(
        programs[0],
        home.given,
        callee=callee,
        procedures={"status": lambda: {"version": 1}},
        ca_file=trusted,
    )
    player.wait(30)
    body = {"id": home.id, "key": home.key("remote")}
    given = secure.post("api/credentials", body).json
    assert given["url"].startswith("wss://")
    phone = connect(given["url"], given, ca_file=trusted)
    phone.wait(30)
    assert phone.call(callee, "status", timeout=20) == {"version": 1}


def test_an_unknown_certificate_is_refused(
    secure: SystemOnNats, connect: Callable[..., Client]
) -> None:
    home = Household(secure)
    phone = connect(home.given["url"], home.given)
    with pytest.raises(Unavailable, match="not trusted"):
        phone.wait(30)


def test_the_status_is_told(secure: SystemOnNats) -> None:
    asked = secure.zapette("cluster", "status")
    assert asked.returncode == 0, asked.stdout
    assert asked.stdout.count(" up for ") == 3

"""The examples for operating a cluster: what they name exists, and their tools can read them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml

from tests.programs.ports import free_ports, listens
from tests.programs.postgresql import PostgresqlServer
from tests.programs.processes import ending
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from tests.webapp.test_metrics import figures
from zapette_broker.monitoring.metrics import Metrics
from zapette_server.paths import ROOT
from zapette_server.settings.broker_settings import NATS, BrokerSettings
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load
from zapette_server.storage.stores import WEB, Stores
from zapette_server.trusted_proxies import TrustedProxies
from zapette_webapp.status.health import create_checks
from zapette_webapp.status.metrics import _GAUGES, nodes

FOLDER = ROOT / "examples" / "cluster"
NAME = re.compile(r"\b(?:zapette|process|gnatsd)_\w+")


def installed(name: str) -> str:
    """Return the path of a program that came with a Python package."""
    return str(Path(sysconfig.get_path("scripts"), name))


def expressions() -> dict[str, str]:
    """Return what the board and the alerts ask for, by title."""
    board = json.loads((FOLDER / "grafana.json").read_text())
    found = {
        panel["title"]: target["expr"] for panel in board["panels"] for target in panel["targets"]
    }
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for group in rules["groups"]:
        found |= {rule["alert"]: rule["expr"] for rule in group["rules"]}
    return found


def names(prefix: str) -> set[str]:
    return {
        name
        for expression in expressions().values()
        for name in NAME.findall(expression)
        if name.startswith(prefix)
    }


def test_our_metrics_exist(system: System) -> None:
    known = {re.sub(r"\{.*", "", name) for name in figures(system)}
    known |= {
        f"zapette_broker_{it.name}{'' if it.name in _GAUGES else '_total'}"
        for it in fields(Metrics)
    }
    # of a cluster
    known |= {it.name for it in nodes({"nats://a:1": True})}
    assert len(names("zapette_")) > 10
    assert names("zapette_") | names("process_") <= known


def test_alerts_name_parts_that_exist(tmp_path: Path) -> None:
    named = {
        part
        for text in expressions().values()
        for parts in re.findall(r'part[=!~]+"([^"]+)"', text)
        for part in parts.split("|")
    }
    cluster = BrokerSettings(NATS, "mqtt://a:1", "ws://a:2", "nats://a:3", tmp_path)
    checks = create_checks(Settings(broker=cluster), lambda: True, lambda: None)
    known = set(checks.run())
    server = PostgresqlServer()
    try:
        with server.database() as url:
            stores = Stores.open(tmp_path / "data", WEB, url)
            known |= set(stores.checks())
            stores.close()
    finally:
        server.close()
    assert named <= known
    assert {"database", "broker_cluster"} <= named


def status(monitor: int) -> object:
    """Return the health of a node that is not ready."""
    with pytest.raises(HTTPError) as error:
        urlopen(f"http://127.0.0.1:{monitor}/healthz", timeout=10)
    with error.value as answer:
        return json.load(answer)["status"]


def test_metrics_of_a_node_exist(tmp_path: Path) -> None:
    """One node of a cluster, without the others and so without a leader."""
    port, monitor, route, nobody = free_ports(4)
    command = [
        *(installed("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-m", str(monitor)),
        *("--jetstream", "--store_dir", str(tmp_path), "--name", "node", "--cluster_name", "test"),
        *("--cluster", f"nats://127.0.0.1:{route}", "--routes", f"nats://127.0.0.1:{nobody}"),
    ]
    with (tmp_path / "log").open("wb") as log:
        node = subprocess.Popen(command, stdout=log, stderr=log)
    with ending(node):
        eventually(lambda: listens(monitor), "the node listens")
        with urlopen(f"http://127.0.0.1:{monitor}/varz", timeout=10) as answer:
            shown = json.load(answer)
        # "error" while it starts; the exporter makes 1 of both, and 0 of "ok"
        eventually(lambda: status(monitor) == "unavailable", "it has no leader")
        node.terminate()
        node.wait(HANG_TIMEOUT)
    # the exporter puts its prefix before the names of NATS
    known = {f"gnatsd_varz_{name}" for name in shown} | {"gnatsd_healthz_status"}
    assert names("gnatsd_") <= known
    options = {f"-{name.split('_')[1]}" for name in names("gnatsd_")}
    text = (FOLDER / "prometheus.yml").read_text()
    (told,) = re.findall("prometheus-nats-exporter (.+) http", text)
    assert set(told.split()) == options == {"-varz", "-healthz"}


def test_compose_file_is_valid() -> None:
    tool = shutil.which("docker-compose")
    assert tool is not None, "docker-compose is needed; scripts/system-packages.sh says how"
    checked = subprocess.run(
        [tool, "--file", str(FOLDER / "docker-compose.yml"), "config"],
        env=os.environ | {"ZAPETTE_PUBLIC_URL": "http://192.168.1.5:8000/"},
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
    services = yaml.safe_load(checked.stdout)["services"]
    assert {"node-1", "node-2", "node-3", "web"} <= set(services)


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], Any]:
    """Return what the file for Kubernetes declares, by kind and name."""
    with (FOLDER / "kubernetes.yml").open() as file:
        return {(it["kind"], it["metadata"]["name"]): it for it in yaml.safe_load_all(file)}


def test_kubernetes_file_matches_the_schemas(objects: dict[tuple[str, str], Any]) -> None:
    file = str(FOLDER / "kubernetes.yml")
    command = [installed("kubernetes-validate"), "--strict", "--kubernetes-version", "1.34", file]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    # what has no schema is only a warning
    passed = re.findall(r"INFO \S+ passed for resource (\S+)", checked.stdout)
    assert set(passed) == {f"{kind.lower()}/{name}" for kind, name in objects}


def test_image_installs_what_the_settings_need(objects: dict[tuple[str, str], Any]) -> None:
    text = (FOLDER / "Dockerfile").read_text()
    copied, locks = (
        set(re.findall(r"requirements-(\w+)\.lock", line))
        for line in re.findall("^(?:COPY|RUN) .+", text, re.MULTILINE)
    )
    (web,) = objects["StatefulSet", "zapette-web"]["spec"]["template"]["spec"]["containers"]
    assert web["image"] == "zapette-cluster"
    given = {it["name"] for it in web["env"]}
    # the file of `zapette cluster init` chooses NATS
    needed = {"nats"} | ({"postgresql"} if "ZAPETTE_DATABASE" in given else set())
    assert copied == locks == needed
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name in needed:
        assert groups["dependency-groups"][name] == groups["project"]["optional-dependencies"][name]


def test_the_services_do_not_set_settings(objects: dict[tuple[str, str], Any]) -> None:
    """Kubernetes gives each pod the addresses of the services, in variables of their names."""
    pod = objects["StatefulSet", "zapette-web"]["spec"]["template"]["spec"]
    found = [name.upper().replace("-", "_") for kind, name in objects if kind == "Service"]
    links = {f"{it}_SERVICE_HOST": "10.0.0.1" for it in found}
    load(None, links if pod.get("enableServiceLinks", True) else {})


def test_kubernetes_file_declares_nodes_web_sides_and_nginx(
    objects: dict[tuple[str, str], Any],
) -> None:
    nodes = objects["StatefulSet", "zapette-node"]["spec"]
    assert nodes["replicas"] == 3
    assert ("Service", nodes["serviceName"]) in objects
    # longer than a node takes to hand over its clients: its default, 2 minutes and 10 s
    assert nodes["template"]["spec"]["terminationGracePeriodSeconds"] > 130
    web = objects["StatefulSet", "zapette-web"]["spec"]
    assert ("Service", web["serviceName"]) in objects
    # nginx has the address of each
    asked = re.findall(r"server (192\S+:8000)", (FOLDER / "nginx.conf").read_text())
    assert set(asked) == {f"192.0.2.1{number + 1}:8000" for number in range(web["replicas"])}
    for number in range(web["replicas"]):
        name = f"zapette-web-{number}"
        assert objects["Service", name]["spec"] == {
            "selector": {"statefulset.kubernetes.io/pod-name": name}, "ports": [{"port": 8000}]
        }  # fmt: skip
    nginx = objects["Deployment", "zapette-nginx"]["spec"]
    labels = nginx["template"]["metadata"]["labels"]
    assert objects["Service", "zapette"]["spec"]["selector"] == labels
    environment = {it["name"]: it for it in web["template"]["spec"]["containers"][0]["env"]}
    assert TrustedProxies.read(environment["ZAPETTE_TRUSTED_PROXY"]["value"]).networks
    for spec in (nodes, web, nginx):
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        pod = spec["template"]["spec"]
        mounted = {it["name"] for one in pod["containers"] for it in one["volumeMounts"]}
        claimed = {it["metadata"]["name"] for it in spec.get("volumeClaimTemplates", [])}
        assert mounted <= {it["name"] for it in pod["volumes"]} | claimed

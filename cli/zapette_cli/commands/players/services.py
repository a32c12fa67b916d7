"""``zapette services``: list services and what they offer."""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

import click

from zapette.errors import CallError
from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.language import Text
from zapette_cli.player_text import one_line
from zapette_cli.speech import said

if TYPE_CHECKING:
    from zapette.client.application import Application
    from zapette.protocol.topics import Callee

_NONE: Final = Text("No services.", "Aucun service.")
_TITLES: Final = (Text("NAME", "NOM"), Text("PROCEDURES", "PROCÉDURES"))
_SILENT: Final = Text(
    "the service does not say what it offers",
    "le service ne dit pas ce qu\u2019il offre",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_broker
def services(broker: BrokerOptions, *, as_json: bool) -> None:
    """List the services that are online and the procedures that each offers."""
    from zapette_cli.player_text import table
    from zapette_cli.target import follow_services

    with broker.connected() as application:
        found = follow_services(application)
        application.client.fence(broker.timeout)
        offered = {
            name: _ask(application, application.topics.service(name), broker.timeout)
            for name in sorted(found)
        }
        known = {name: _answer(future) for name, future in offered.items()}
    if as_json:
        listed = [{"name": name, "procedures": each} for name, each in known.items()]
        click.echo(json.dumps(listed, ensure_ascii=False))
    elif not known:
        click.echo(said(_NONE))
    else:
        rows = [
            (name, ", ".join(map(signature, each or [])) or "-") for name, each in known.items()
        ]
        click.echo(table(rows, _TITLES))


def signature(procedure: dict[str, Any]) -> str:
    """Return a procedure with its parameters, ``add(a, b?)``."""
    parameters = [each for each in procedure.get("parameters", []) if isinstance(each, dict)]
    names = [f"{each.get('name')}{'' if each.get('needed') else '?'}" for each in parameters]
    return f"{procedure['name']}({', '.join(names)})"


def described(procedure: dict[str, Any]) -> str:
    """Return the line for a procedure; players report only names."""
    if "parameters" not in procedure:
        return one_line(str(procedure["name"]))
    about = procedure.get("about")
    return one_line(signature(procedure) + (f"  {about}" if about else ""))


def offered_by(application: Application, callee: Callee, timeout: float) -> list[dict[str, Any]]:
    """Return the procedures that a callee offers, each with its name and parameters.

    A player lists them in its state; other callees answer ``procedures``.

    Raises:
        CallError: it does not answer, or does not say.
    """
    if callee.root.rpartition("/")[0].endswith("/players"):
        state = application.client.call(callee, "status", timeout=timeout)
        return [{"name": str(name)} for name in state.get("can", [])]
    return _checked(application.client.call(callee, "procedures", timeout=timeout))


def _ask(application: Application, callee: Callee, timeout: float) -> Future[Any]:
    return application.client.call_later(callee, "procedures", timeout=timeout)


def _answer(future: Future[Any]) -> list[dict[str, Any]] | None:
    """Return what a service offers; None if it does not answer."""
    try:
        return _checked(future.result())
    except CallError:
        return None


def _checked(answer: Any) -> list[dict[str, Any]]:
    match answer:
        case [*listed] if all(isinstance(each, dict) and "name" in each for each in listed):
            return listed
    raise CallError(said(_SILENT))

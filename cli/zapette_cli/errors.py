"""The errors of the package, drawn as one tree.

::

    ZapetteError (zapette.errors)
    ├── ServiceError   this system cannot run Zapette as its service
    │   └── UnitError  a path or setting cannot stand in a unit file
    └── TargetError    no callee has this name, or several have
"""

from __future__ import annotations

from zapette.errors import ZapetteError

__all__ = ["ServiceError", "TargetError", "UnitError"]


class TargetError(ZapetteError):
    """No callee has this name, or several have."""


class ServiceError(ZapetteError):
    """This system cannot run Zapette as its service; the message says why."""


class UnitError(ServiceError):
    """A path or setting cannot stand in a unit file."""

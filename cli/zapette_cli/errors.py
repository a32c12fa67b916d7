"""The errors of the package, drawn as one tree.

::

    ZapetteError (zapette.errors)
    ├── ServiceError   this system cannot run Zapette as its service
    │   └── UnitError  a path or setting cannot stand in a unit file
    ├── TargetError    no callee has this name, or several have
    └── UploadError    a file cannot be sent
"""

from __future__ import annotations

from zapette.errors import ZapetteError
from zapette_cli.language import Text

__all__ = ["ServiceError", "TargetError", "UnitError", "UploadError"]


class TargetError(ZapetteError):
    """No callee has this name, or several have."""


class ServiceError(ZapetteError):
    """This system cannot run Zapette as its service; the message says why."""


class UnitError(ServiceError):
    """A path or setting cannot stand in a unit file."""


class UploadError(ZapetteError):
    """A file cannot be sent.

    Attributes:
        text: why.
        code: the code of the server's answer; empty if there was none.
        is_passing: whether another attempt may help.
    """

    def __init__(self, text: Text, code: str = "", *, is_passing: bool = True) -> None:
        super().__init__(text.en)
        self.text = text
        self.code = code
        self.is_passing = is_passing

"""The errors of the package, drawn as one tree.

::

    ZapetteError (zapette.errors)
    ├── SettingsError (zapette.errors)
    │   └── AddressMissing  this machine does not have the address to listen on, or not yet
    ├── ServiceError   this system cannot run Zapette as its service
    │   └── UnitError  a path or setting cannot stand in a unit file
    └── SpokenError    told in the person's language
        ├── TargetError  no callee has this name, or several have
        ├── FileError    a file of this machine cannot be read
        └── UploadError  the server refuses a file or an address, or does not answer
"""

from __future__ import annotations

from zapette.errors import SettingsError, ZapetteError
from zapette_cli.language import Text

__all__ = [
    "AddressMissing",
    "FileError",
    "ServiceError",
    "SpokenError",
    "TargetError",
    "UnitError",
    "UploadError",
]


class AddressMissing(SettingsError):
    """This machine does not have the address to listen on: its network may come later."""


class SpokenError(ZapetteError):
    """An error in the language of the person.

    Attributes:
        text: what went wrong.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class TargetError(SpokenError):
    """No callee has this name, or several have."""


class FileError(SpokenError):
    """A file of this machine cannot be read."""


class ServiceError(ZapetteError):
    """This system cannot run Zapette as its service; the message says why."""


class UnitError(ServiceError):
    """A path or setting cannot stand in a unit file."""


class UploadError(SpokenError):
    """The server refuses a file or an address, or does not answer.

    Attributes:
        code: the code of the server's answer; empty if there was none.
        status: the status of the answer, which may be a proxy's; 0 if there was none.
        is_passing: whether another attempt may help.
    """

    def __init__(
        self, text: Text, code: str = "", *, status: int = 0, is_passing: bool = True
    ) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.is_passing = is_passing

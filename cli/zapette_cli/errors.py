"""The errors of the package, drawn as one tree.

::

    ZapetteError (zapette.errors)
    └── TargetError    no callee has this name, or several have
"""

from __future__ import annotations

from zapette.errors import ZapetteError

__all__ = ["TargetError"]


class TargetError(ZapetteError):
    """No callee has this name, or several have."""

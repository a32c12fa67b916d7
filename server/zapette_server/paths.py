"""The paths of Zapette's own files and of a household's files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_data_path

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_IN_CHECKOUT: Final = (_CHECKOUT / "static" / "build.js").exists()

ROOT: Final = _CHECKOUT if _IN_CHECKOUT else Path(__file__).with_name("resources")
"""The folder that holds ``static/``, ``config/`` and ``samples/``: a checkout, or the package's."""

SAMPLES: Final = ROOT / "samples"
"""The media folder of a household that has named none."""

SETTINGS_FILE: Final = (ROOT if _IN_CHECKOUT else user_config_path("zapette")) / (
    "config/zapette.toml" if _IN_CHECKOUT else "zapette.toml"
)
"""The default settings file, which need not exist."""

DATA_FOLDER: Final = ROOT / "data" if _IN_CHECKOUT else user_data_path("zapette")
"""The default data folder: in the checkout, or the user's."""

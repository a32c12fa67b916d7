"""What marks an SQLite file as a broker's store, and the version of its tables."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x7A617074
SCHEMA_VERSION: Final = 1

"""``python -m broker`` in a checkout is ``python -m zapette_broker``."""

import sys

from zapette_broker.__main__ import main

sys.exit(main())

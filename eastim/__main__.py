"""`python -m eastim`."""

import sys

from eastim.ui.cli import main

if __name__ == "__main__":
    sys.exit(main())

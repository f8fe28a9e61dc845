"""`python -m loganalyzer` → the command line."""

import sys

from loganalyzer.cli import main

if __name__ == "__main__":
    sys.exit(main())

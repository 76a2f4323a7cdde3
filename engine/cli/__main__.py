"""`python -m convscope.engine.cli`: the `convscope` command where no script is on the PATH."""

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())

"""`python -m reason_seg_ros.cli`."""

import sys

from . import main

sys.exit(main())

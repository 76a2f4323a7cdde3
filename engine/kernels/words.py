"""Words that kernels of all devices share."""

import numpy as np

NO_FLOOR = np.float32(-np.inf)
NOTHING, MASK, SUM = 0, 1, 2
"""What is done with a second array at the end: nothing; results to 0 where it is not positive; add it, then clip."""

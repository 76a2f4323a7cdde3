"""Words that kernels of all devices share."""

import numpy as np

NO_FLOOR = np.float32(-np.inf)
NOTHING, MASK, SUM = 0, 1, 2
"""What is done with a second array at the end: nothing; results to 0 where it is not positive; add it, then clip."""

FLOAT32, TF32, TF32_THRICE = "float32", "tf32", "3xtf32"
"""How a GPU multiplies: numbers as they are; rounded to TF32; as sums of two numbers of TF32, in three products."""
MODES = (FLOAT32, TF32_THRICE, TF32)

"""How a GPU multiplies, by name. Loads nothing, so that a command line may name the modes."""

FLOAT32, TF32, TF32_THRICE = "float32", "tf32", "3xtf32"
"""How a GPU multiplies: numbers as they are; rounded to TF32; as sums of two numbers of TF32, in three products."""
MODES = (FLOAT32, TF32_THRICE, TF32)

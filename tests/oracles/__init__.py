"""Slow, obvious NumPy versions of every layer in float64: the judges of the kernels."""

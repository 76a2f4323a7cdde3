"""Primitives that all CPU kernels share. Kernels take flat arrays and whole numbers; they never allocate."""

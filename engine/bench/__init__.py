"""Speed, measured so that it can be trusted: each side in a process of its own, in turns, on work found to be the same.

`training`, `inference` and `kernels` each hold one comparison; `convscope bench` prints what they return.
"""

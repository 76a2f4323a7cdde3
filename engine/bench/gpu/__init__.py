"""What a GPU does, in one command: first whether its results are right, then how long they take, alone or beside cuDNN.

`stages` goes through it within a budget of time. Each side has a process of its own: what a kernel breaks ends with it,
and the next stage begins with a new one. Times are those between two events of a side's own stream.
"""

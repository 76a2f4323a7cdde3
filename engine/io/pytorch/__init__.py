"""Networks as readable PyTorch code with weights beside it. PyTorch itself is loaded only in a process of its own."""

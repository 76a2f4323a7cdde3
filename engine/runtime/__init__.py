"""Running networks: plans with fixed buffers, models with weights, devices, and the compute thread."""

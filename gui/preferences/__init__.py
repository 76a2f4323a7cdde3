"""What can be set for the whole program: one file a page."""

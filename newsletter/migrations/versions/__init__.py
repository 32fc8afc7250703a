"""The steps, in the order of their file names."""

"""Parts of oracle.py: what proves that nothing was lost, doubled or a ghost. None of it is the daemon's code."""

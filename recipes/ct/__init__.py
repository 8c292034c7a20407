"""The CT network: scans, labels, painted disease, and its training."""

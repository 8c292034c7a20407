"""The CT networks: scans, labels, painted disease, and the coarse look at a whole scan."""

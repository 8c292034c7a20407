"""Many scans in one call: finding them, naming their results, and segmenting them side by side."""

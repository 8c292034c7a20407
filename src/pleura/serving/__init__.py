"""Scans over the network of a hospital: received, segmented by rules, and sent on."""

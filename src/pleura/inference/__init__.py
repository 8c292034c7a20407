"""From a Volume to labels on its own grid: normalise, sample, run the network, clean, restore."""

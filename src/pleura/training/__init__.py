"""From labelled scans to a bundle: data, augmentation, losses, the loop, export. Needs ``pleura[train]``."""

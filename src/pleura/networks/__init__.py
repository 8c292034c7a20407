"""The networks, in plain PyTorch, a file each."""

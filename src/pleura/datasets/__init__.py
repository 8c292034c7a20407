"""A data set on disk: the files that `pleura prepare` writes and that training and evaluation read."""

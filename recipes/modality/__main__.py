"""``python -m recipes.modality DATA OUT``: make the network that tells CT from radiographs.

DATA is the folder with ``ct`` and ``cxr``; OUT gets ``network.onnx`` and ``recipe.json``. Only training parts are
fitted to; the figures in the recipe are of the val parts. Five minutes on one core.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from recipes.modality.fitting import figures, gather, train, write

if __name__ == "__main__":
    torch.set_num_threads(1)  # more threads add up in another order, and the weights would differ
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    network = train(gather(data, "train"))
    write(network, figures(network, gather(data, "val")), folder)

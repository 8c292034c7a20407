"""The words that options may have, once: for editors and type checkers, for the command line, and for checks."""

from __future__ import annotations

from typing import Literal, get_args

Modality = Literal["auto", "ct", "cr"]
"""What pictures without a header show: "auto" looks at them, "ct" is a slice of a CT, "cr" a radiograph."""

Convention = Literal["", "heart-included", "heart-excluded"]
"""What masks of radiographs hold: each lung to the spine, which is usual and meant where it is empty, or its field."""

Backend = Literal["auto", "onnxruntime", "openvino", "torch"]
"""What runs the network."""

Device = Literal["auto", "cpu", "cuda", "mps"]
"""Where it runs."""

MODALITIES: tuple[str, ...] = get_args(Modality)
CONVENTIONS: tuple[str, ...] = get_args(Convention)[1:]
BACKENDS: tuple[str, ...] = get_args(Backend)
DEVICES: tuple[str, ...] = get_args(Device)

"""The modalities and conventions that a caller may name, once: for editors and type checkers, and for checks."""

from __future__ import annotations

from typing import Literal, get_args

Modality = Literal["auto", "ct", "cr"]
"""What pictures without a header show: "auto" looks at them, "ct" is a slice of a CT, "cr" a radiograph."""

Convention = Literal["", "heart-included", "heart-excluded"]
"""What masks of radiographs hold: each lung to the spine, which is usual and meant where it is empty, or its field."""

MODALITIES: tuple[str, ...] = get_args(Modality)
CONVENTIONS: tuple[str, ...] = get_args(Convention)[1:]

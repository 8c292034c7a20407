"""What is to be done to every case of a dataset, as one value that is written beside the result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pleura.conventions import CONVENTIONS, MODALITIES
from pleura.errors import InvalidOption


def _require(sound: bool, field: str, wanted: str) -> None:
    if not sound:
        raise InvalidOption(f"{field} has to be {wanted}", code="bad-setting")


@dataclass(frozen=True)
class Settings:
    """How a dataset is made.

    Attributes
    ----------
    window : lowest and highest HU, stretched to 0..255 in 8 bits; None keeps HU
    spacing : millimetres along (x, y, z) to resample scans to; None keeps their own. Pictures are never resampled.
    size : rows, columns. Scans are cropped and padded to it about their middle, pictures are resized.
    slices : how many axial slices from the middle of each scan; None keeps the scan whole
    split : shares of train, val and test; None keeps the split that a source states, else 0.7, 0.15, 0.15
    seed : of the split
    patients : what says whose an image is: a CSV file with the columns `image` and `patient`, or a regular expression
        whose first group in the image's path below SOURCE is the patient; empty for what the files themselves tell
    modality : "ct" or "cr", what pictures and files without a header are; empty to look at each
    convention : what masks of radiographs hold, "heart-included" or "heart-excluded"; empty where it is not said
    """

    window: tuple[float, float] | None = None
    spacing: tuple[float, float, float] | None = None
    size: tuple[int, int] | None = None
    slices: int | None = None
    split: tuple[float, float, float] | None = None
    seed: int = 0
    patients: str = ""
    modality: str = ""
    convention: str = ""

    def __post_init__(self) -> None:
        _require(self.window is None or self.window[0] < self.window[1], "window", "two numbers, the lower first")
        _require(all(0 < step < math.inf for step in self.spacing or ()), "spacing", "millimetres above zero")
        _require(all(16 <= side <= 4096 for side in self.size or ()), "size", "16 to 4096 pixels a side")
        _require(self.slices is None or self.slices > 0, "slices", "1 or more")
        _require(self.modality in {"", *MODALITIES[1:]}, "modality", " or ".join(MODALITIES[1:]))
        _require(self.convention in {"", *CONVENTIONS}, "convention", " or ".join(CONVENTIONS))
        shares = self.split or (1.0,)
        _require(min(shares) >= 0 and math.isclose(sum(shares), 1, abs_tol=1e-6), "split", "shares that sum to 1")


PRESETS: Mapping[str, Settings] = {
    "original": Settings(window=(-125, 275), spacing=(1.0, 1.0, 1.0), size=(256, 256), slices=1),
}
"""`original`: soft-tissue window, 1 mm voxels, the central axial slice of each scan, 256 x 256."""

"""CT slice, frontal chest radiograph, or neither: decided by the picture itself, where no header says it.

The network sees the picture small, in eight positions, as it is and inverted, and the mean decides: a picture that was
turned, mirrored or inverted is the same picture. What belongs to the network lies beside it in ``recipe.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from pleura.modality.borders import without_borders

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["Decision", "PictureKind", "Scan", "decide"]

PictureKind = Literal["ct", "radiograph", "other"]
Scan = Literal["ct", "radiograph"]


@dataclass(frozen=True)
class Decision:
    """What a picture shows.

    Attributes
    ----------
    kind : an axial CT slice, a frontal chest radiograph, or anything else (a view from the side, another body part, a
        coronal plane, a photograph); anything else has to be clearly likelier, since few hand it in
    confidence : its share, 0.22 to 1.0
    sure : True where no real picture of the val parts was ever mistaken with such a confidence
    scan : the likelier of CT slice and radiograph, also where the picture is neither
    """

    kind: PictureKind
    confidence: float
    sure: bool
    scan: Scan


def decide(picture: NDArray[np.uint8]) -> Decision:
    """Say what a picture shows.

    Parameters
    ----------
    picture : (y, x) uint8 grey of any size, proportion, brightness and position; plain borders are not looked at
    """
    picture = picture[without_borders(picture)]
    session, recipe = _network()
    (shares,) = session.run(None, {"picture": np.ascontiguousarray(picture, np.uint8)})
    by_kind = dict(zip(recipe["kinds"], shares.tolist(), strict=True))
    scan: Scan = "radiograph" if by_kind["radiograph"] > by_kind["ct"] else "ct"
    kind: PictureKind = "other" if by_kind["other"] >= recipe["neither"] else scan
    confidence = float(by_kind[kind])
    return Decision(kind=kind, confidence=confidence, sure=confidence >= recipe["sure"], scan=scan)


class _Recipe(TypedDict):
    """What is read of `recipe.json`: the classes, and the shares from which on a picture is none, or surely one."""

    kinds: list[str]
    neither: float
    sure: float


@cache
def _network() -> tuple[InferenceSession, _Recipe]:
    import onnxruntime

    folder = resources.files("pleura.modality")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    graph = (folder / "network.onnx").read_bytes()
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return session, json.loads((folder / "recipe.json").read_text(encoding="utf-8"))

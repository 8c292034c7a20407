"""Right and left lung from any chest CT or radiograph, on the scan's own grid, in seconds, on a CPU, offline."""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False  # not from `typing`, whose import takes half of the time of this one
if TYPE_CHECKING:
    from pleura.api import segment
    from pleura.errors import PleuraError
    from pleura.reading import read, read_labels
    from pleura.segmentation import Segmentation
    from pleura.segmenter import Segmenter
    from pleura.volume import Kind, Note, Volume

__version__ = "0.1.0"

# onnxruntime reads this once, when it is imported: without it, it asks for a vendor's host in every run and keeps a
# device id in the home folder. Set here, it holds for all modules, for helper processes and for a caller's own import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = ["Kind", "Note", "PleuraError", "Segmentation", "Segmenter", "Volume", "read", "read_labels", "segment"]

_HOMES = {
    "Kind": "pleura.volume",
    "Note": "pleura.volume",
    "PleuraError": "pleura.errors",
    "Segmentation": "pleura.segmentation",
    "Segmenter": "pleura.segmenter",
    "Volume": "pleura.volume",
    "read": "pleura.reading",
    "read_labels": "pleura.reading",
    "segment": "pleura.api",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that `import pleura` itself stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pleura' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])

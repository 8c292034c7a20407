"""Whether a reconstruction kernel is too sharp for densities, from the name that its maker gives it.

Sharp kernels raise noise, which carries voxels of healthy lung below -950 HU: that alone moved the share of low
attenuation by 7 to 8 percentage points (Gallardo-Estrella et al., Eur Radiol 2016;26:478).
"""

from __future__ import annotations

import re
from typing import Literal

Sharpness = Literal["soft", "sharp", "unknown"]
"""Of kernels: soft and medium ones, on which densities are measured; those for lung and bone; names not known here."""

_SOFT = frozenset({"SOFT", "STANDARD", "STND", "A", "B", "C"})
_SHARP = frozenset({"LUNG", "BONE", "BONEPLUS", "EDGE", "DETAIL", "ULTRA", "D", "E", "L", "YA", "YB", "YC", "YD"})
"""GE by words, Philips by letters."""
_NUMBERED = re.compile(r"[BDHIJQTU][A-Z]?(\d\d)[A-Z]?")
"""Siemens: B30f, I70f, Br40d, Bl57, Qr44; the number grows with sharpness."""
_SIEMENS_SHARP = 50
"""From B50, the first that its maker names sharp, on."""
_CANON = re.compile(r"FC0?(\d{1,2})")
"""Canon, once Toshiba: FC01 to FC29 for body and head, from FC30 on for bone and lung."""
_CANON_SHARP = 30


def sharpness(kernel: str) -> Sharpness:
    """Return how sharp a kernel is; of several words, parted by `/`, `-` or a blank, the first names it.

    Parameters
    ----------
    kernel : as in ConvolutionKernel, as `STANDARD`, `B70f`, `Br40d/3`, `FC51`
    """
    name = re.split(r"[/\s-]", kernel.strip().upper(), maxsplit=1)[0]
    if name in _SOFT:
        return "soft"
    if name in _SHARP:
        return "sharp"
    for pattern, limit in ((_NUMBERED, _SIEMENS_SHARP), (_CANON, _CANON_SHARP)):
        if found := pattern.fullmatch(name):
            return "sharp" if int(found[1]) >= limit else "soft"
    return "unknown"

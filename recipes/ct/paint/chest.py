"""What is painted on: a scan with its lungs, and where in it things are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from recipes.ct.paint.fields import white

RIGHT, LEFT = 1, 2

Spacing = tuple[float, float, float]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Chest:
    """A scan and its truth.

    Attributes
    ----------
    hu : (z, y, x) float32, axes to the head, back and left
    labels : (z, y, x) uint8: 0, 1 right, 2 left, 255 unknown
    painted : (z, y, x) bool, what a painter has changed
    spacing : millimetres along (z, y, x)
    down : direction of gravity along (z, y, x); to the back for a patient who lies on it
    """

    hu: Tensor
    labels: Tensor
    painted: Tensor
    spacing: Spacing
    down: tuple[float, float, float] = (0.0, 1.0, 0.0)

    def blend(self, box: Box, share: Tensor, target: Tensor | float, label: int | None = None) -> Chest:
        """Return the chest with `target` HU mixed in by `share` (0 to 1) inside a box.

        With `label`, voxels of which more than half is covered are given that label.
        """
        hu, painted = self.hu.clone(), self.painted.clone()
        hu[box] += self._with_rim(box, share) * (target - hu[box])
        painted[box] |= share > 0.5
        labels = self.labels
        if label is not None:
            labels = labels.clone()
            labels[box] = torch.where(share > 0.5, torch.full_like(labels[box], label), labels[box])
        return replace(self, hu=hu, painted=painted, labels=labels)

    def _with_rim(self, box: Box, share: Tensor) -> Tensor:
        """Return `share`, carried on to the voxels around the lung that are partly air.

        Left as they were, they would draw a dark line along the true border of a lung that is painted solid.
        """
        # between lung with little in it and tissue: fat, -100 HU, is taken too: its edge looks like the rim
        rim = (self.labels[box] == 0) & (self.hu[box] < -20) & (self.hu[box] > -850)
        return torch.where(rim, functional.max_pool3d(share[None], 3, 1, 1)[0], share)

    def box(self, side: int) -> Box | None:
        """Return the box around a lung with two voxels to spare; None where there is less than 20 mL of it."""
        mask = self.labels == side
        if float(mask.sum()) * self.spacing[0] * self.spacing[1] * self.spacing[2] < 20_000:
            return None
        spans = []
        for axis in range(3):
            used = mask.amax(dim=[other for other in range(3) if other != axis]).nonzero()
            spans.append(slice(max(int(used[0]) - 2, 0), min(int(used[-1]) + 3, mask.shape[axis])))
        return spans[0], spans[1], spans[2]

    def grain(self, shape: tuple[int, ...], seed: int) -> Tensor:
        """Return noise as strong as that of the scan's own soft tissue, (z, y, x) HU.

        The median of the steps between neighbours, without sign, is 0.95 deviations where their noise is independent.
        Steps above 120 HU are edges; 2 and 60 HU bound what a scan with hardly any tissue would give.
        """
        here = self.hu[:: max(1, self.hu.shape[0] // 20)]
        step = here[:, :, 1:] - here[:, :, :-1]
        tissue = (here[:, :, 1:] > -20) & (here[:, :, 1:] < 90) & (step.abs() < 120)
        strength = float(step[tissue].abs().median()) * 1.05 if tissue.any() else 10.0
        return white(shape, seed) * min(max(strength, 2.0), 60.0)


def millimetres(box: Box, spacing: Spacing) -> tuple[Tensor, Tensor, Tensor]:
    """Return the coordinates of a box's voxels in mm along z, y and x, each shaped to be broadcast."""
    z, y, x = (torch.arange(part.start, part.stop) * step for part, step in zip(box, spacing, strict=True))
    return z.view(-1, 1, 1), y.view(1, -1, 1), x.view(1, 1, -1)


def smooth(values: Tensor, spacing: Spacing, radius: float) -> Tensor:
    """Return the mean over a cube of about `radius` mm to either side, twice; beyond the edges lie the edge values."""
    field = values[None, None].float()
    for _ in range(2):
        for axis, step in enumerate(spacing):
            reach = min(round(radius / step / 1.4), field.shape[2 + axis] - 1)
            if reach > 0:
                size, pad = [1, 1, 1], [0, 0, 0, 0, 0, 0]
                size[axis] = 2 * reach + 1
                pad[4 - 2 * axis] = pad[5 - 2 * axis] = reach
                field = functional.avg_pool3d(functional.pad(field, pad, mode="replicate"), size, stride=1)
    return field[0, 0]


def depth(lung: Tensor, spacing: Spacing, radius: float) -> Tensor:
    """Return about 0 at the lung's surface to 1 at `radius` mm or more inside, (z, y, x), 0 outside."""
    return ((smooth(lung, spacing, radius) - 0.5) * 2).clamp(0, 1) * lung

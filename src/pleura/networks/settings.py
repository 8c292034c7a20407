"""What a network is built from: its kind and its sizes, as recipes and configurations state them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

NetworkName = Literal["unet", "original", "notebook", "efficientnet-lite0"]

NETWORKS: tuple[NetworkName, ...] = get_args(NetworkName)


@dataclass(frozen=True)
class NetworkSettings:
    """The kind of a network and its sizes.

    Attributes
    ----------
    in_channels : channels of the input: the plane, its neighbours, and the convention where there are several
    classes : channels of the scores
    name : "unet" (`pleura.networks.unet`), "original", "notebook", or "efficientnet-lite0" (`.pretrained`)
    widths, depths, shuffle : of "unet" alone, see `pleura.networks.unet.UNet`
    """

    in_channels: int
    classes: int
    name: NetworkName = "unet"
    widths: tuple[int, ...] = ()
    depths: tuple[int, ...] = ()
    shuffle: int = 1

    def as_json(self) -> dict[str, object]:
        """Return the settings as a recipe keeps them."""
        named: dict[str, object] = {"name": self.name, "in_channels": self.in_channels, "classes": self.classes}
        if self.name != "unet":
            return named
        return {**named, "widths": list(self.widths), "depths": list(self.depths), "shuffle": self.shuffle}

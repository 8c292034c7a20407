"""What is shipped says in bytes what the network says in scores."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pleura.networks.deploy import Deployed, DeployedProbabilities
from pleura.networks.encoding import STEPS_PER_LOGIT, ZERO
from pleura.networks.unet import UNet


def small() -> UNet:
    torch.manual_seed(0)
    return UNet(3, 3, widths=(8, 16, 16), depths=(1, 1, 2), shuffle=2)


def test_deployed_network_calls_lung_what_argmax_calls_lung() -> None:
    network = small().eval()
    planes = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    scores = network(planes.float() / 255)
    lung, side_score = Deployed(network)(planes)
    margin = scores[:, 1:].max(dim=1).values - scores[:, 0]
    clear = margin.abs() > 1 / STEPS_PER_LOGIT
    assert torch.equal((lung > 128)[clear], (scores.argmax(dim=1) > 0)[clear])
    assert lung.dtype == side_score.dtype == torch.uint8
    assert side_score.shape == (2, 32, 32)


class Scores(nn.Module):
    """Give the same scores at each pixel."""

    def __init__(self, *scores: float) -> None:
        super().__init__()
        self.scores = torch.tensor(scores)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.scores[None, :, None, None].expand(len(images), -1, *images.shape[2:])


@pytest.mark.parametrize(("left", "side"), [(1.0, ZERO + 16), (-1.0, ZERO - 16), (0.0, ZERO), (99.0, 255)])
def test_side_score_is_left_less_right_in_steps_of_a_sixteenth(left: float, side: int) -> None:
    lung, side_score = Deployed(Scores(0.0, 0.0, left))(torch.zeros((1, 3, 4, 4), dtype=torch.uint8))
    assert (side_score == side).all()
    assert (lung == min(ZERO + round(STEPS_PER_LOGIT * max(left, 0.0)), 255)).all()


def test_one_score_gives_two_classes_and_three_give_a_softmax() -> None:
    planes = torch.zeros((1, 1, 4, 4), dtype=torch.uint8)
    one = DeployedProbabilities(Scores(0.0))(planes)
    assert one.shape == (1, 2, 4, 4)
    assert (one == 128).all()  # a half of 255, rounded to the even
    three = DeployedProbabilities(Scores(50.0, 0.0, 0.0))(planes)
    assert three[0, :, 0, 0].tolist() == [255, 0, 0]

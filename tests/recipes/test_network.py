"""The coarse network: 2D convolutions over neighbours are a 3D convolution, folding is undone by unfolding."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from pleura.inference.coarse import score_cells
from recipes.ct.export import export
from recipes.ct.grid import cells
from recipes.ct.network import CoarseNet, folded, halved, unfolded, with_neighbours


def test_a_convolution_over_neighbours_is_one_in_space() -> None:
    volume, kernel = torch.randn(2, 5, 6, 8, 10), torch.randn(7, 5, 3, 3, 3)
    wanted = functional.conv3d(volume, kernel, padding=1)
    flat = volume.permute(0, 2, 1, 3, 4).reshape(12, 5, 8, 10)
    found = functional.conv2d(with_neighbours(flat, 6), kernel.permute(0, 2, 1, 3, 4).reshape(7, 15, 3, 3), padding=1)
    assert torch.allclose(found.view(2, 6, 7, 8, 10).permute(0, 2, 1, 3, 4), wanted, atol=1e-4)


def test_unfolding_undoes_folding() -> None:
    volume = torch.randn(2, 3, 4, 6, 8)
    assert torch.equal(unfolded(folded(volume), 2), volume)


def test_halving_takes_the_largest_of_eight() -> None:
    volume = torch.randn(2, 3, 4, 6, 8)
    flat = volume.permute(0, 2, 1, 3, 4).reshape(8, 3, 6, 8)
    wanted = functional.max_pool3d(volume, 2).permute(0, 2, 1, 3, 4).reshape(4, 3, 3, 4)
    assert torch.equal(halved(flat, 4), wanted)


def test_cells_hold_two_means_and_the_share_of_air() -> None:
    hu = torch.full((1, 1, 2, 2, 2), 50.0)
    hu[..., 0, 0] = -1000.0  # two of eight voxels
    wide, soft, dark = (float(value) for value in cells(hu).flatten())
    assert wide == pytest.approx(255 * (0.75 * 1074 + 0.25 * 24) / 1624)
    assert soft == pytest.approx(255 * 0.75 * 0.5)
    assert dark == pytest.approx(255 * 0.25)


def test_the_exported_graph_answers_for_a_scan_of_any_shape(tmp_path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    export(CoarseNet((4, 6, 6, 8)).eval(), tmp_path / "coarse.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "coarse.onnx"))
    slices = np.full((30, 120, 130), -1000, np.int16)
    slices[:, 20:100, 30:110] = 40
    found = score_cells(slices, (3.0, 1.5, 1.0), lambda **inputs: session.run(None, inputs))
    # cells of 4 mm: 90 mm of slices, and the body with 20 mm on either side, 160 by 120 mm
    assert found.lung.shape == found.side_score.shape == (23, 40, 30)

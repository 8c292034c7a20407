"""A result as people meet it: one line, a picture in a notebook, volumes by name."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pleura
from pleura.errors import UnwritableOutput
from pleura.geometry import affine_from_spacing
from pleura.inference.bundle import load_bundle
from pleura.labels import structures
from pleura.phantom import chest
from pleura.quality import Quality
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume


@pytest.fixture
def result() -> Segmentation:
    """Return a scan of 10 x 40 x 50 voxels of 5 x 2 x 1 mm: 300 voxels are 3 mL, 200 are 2 mL."""
    labels = np.zeros((10, 40, 50), np.uint8)
    labels[0, :30, :10] = 1
    labels[1, :20, 40:] = 2
    return Segmentation(labels, Volume(np.zeros(labels.shape, np.int16), affine_from_spacing((5.0, 2.0, 1.0))))


@pytest.fixture
def picture() -> Segmentation:
    """Return a radiograph of 40 x 50 pixels of 5 x 5 mm: 200 pixels are 50 cm² or a tenth of the picture."""
    labels = np.zeros((40, 50), np.uint8)
    labels[:20, :10] = 1
    labels[:10, 40:] = 2
    grey = np.arange(2000, dtype=np.uint16).reshape(1, 40, 50)
    volume = Volume(grey, affine_from_spacing((1.0, 5.0, 5.0)), kind=Kind.RADIOGRAPH, is_picture=True)
    return Segmentation(labels, volume)


def test_result_is_one_line(result: Segmentation) -> None:
    assert repr(result) == "Segmentation(right 3 mL, left 2 mL, 10 x 40 x 50, no warnings)"


def test_line_names_the_codes_of_the_warnings(result: Segmentation) -> None:
    warned = replace(result, warnings=(Note("cut-off", "..."), Note("mirrored", "...")))
    assert repr(warned) == "Segmentation(right 3 mL, left 2 mL, 10 x 40 x 50, warnings: cut-off, mirrored)"


def test_radiograph_has_areas_or_without_a_spacing_shares_of_the_picture(picture: Segmentation) -> None:
    assert repr(picture) == "Segmentation(right 50 cm², left 25 cm², 40 x 50, no warnings)"
    unknown = replace(picture, volume=replace(picture.volume, spacing_known=False))
    assert repr(unknown).startswith("Segmentation(right 10.0 % of the picture, left 5.0 % of the picture, 40 x 50")


def test_scan_without_a_spacing_has_shares_of_the_scan(result: Segmentation) -> None:
    unknown = replace(result, volume=replace(result.volume, spacing_known=False))
    assert repr(unknown).startswith("Segmentation(right 1.5 % of the scan, left 1.0 % of the scan")
    assert unknown.volumes_ml == {}


def test_a_hundred_structures_make_one_short_line(result: Segmentation) -> None:
    many = replace(result, structures=structures([f"part {number}" for number in range(1, 101)]))
    assert repr(many).startswith("Segmentation(part 1 3 mL, part 2 2 mL, part 3 0 mL")
    assert repr(many).endswith("94 more, 10 x 40 x 50, no warnings)")


def test_volumes_are_millilitres_by_name(result: Segmentation, picture: Segmentation) -> None:
    assert result.volumes_ml == {"right lung": pytest.approx(3.0), "left lung": pytest.approx(2.0)}
    assert picture.volumes_ml == {}


def test_notebook_shows_the_picture_and_the_line_with_nothing_to_fetch(result: Segmentation) -> None:
    page = replace(result, structures=structures(["a <b>", 'c"d']))._repr_html_()
    assert "<b>" not in page
    assert page.count("a &lt;b&gt; 3 mL, c&quot;d 2 mL") == 2  # under the picture, and for who cannot see it
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert [source[:23] for source in sources] == ["data:image/jpeg;base64,"]
    with Image.open(io.BytesIO(base64.b64decode(sources[0][23:]))) as image:
        assert image.width >= 480
        assert not image.getexif()


def test_preview_is_written_as_a_png_and_as_nothing_else(result: Segmentation, tmp_path: Path) -> None:
    assert result.preview(tmp_path / "p.png") == tmp_path / "p.png"
    with pytest.raises(UnwritableOutput, match=r"end its name in \.png"):
        result.preview(tmp_path / "p.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


def test_volume_phantom_bundle_and_segmenter_are_one_line_too(result: Segmentation, picture: Segmentation) -> None:
    assert repr(result.volume) == "Volume(hu, 10 x 40 x 50, 5.00 x 2.00 x 1.00 mm, no notes)"
    noted = replace(picture.volume, spacing_known=False, notes=(Note("spacing-unknown", "..."),))
    assert repr(noted) == "Volume(radiograph, 40 x 50, notes: spacing-unknown)"
    assert re.fullmatch(r"Bundle\(\S+ \S+: right lung, left lung\)", repr(load_bundle()))
    assert "\n" not in repr(chest((2, 64, 64)))
    assert re.fullmatch(r"Segmenter\(\S+ \S+, onnxruntime(-int8)?, 2 threads\)", repr(pleura.Segmenter(threads=2)))


def test_measurements_are_made_once_and_again_after_a_correction(result: Segmentation) -> None:
    first = result.measurements
    assert result.measurements is first
    labels = result.labels.copy()
    corrected = replace(result, labels=labels)
    assert corrected.measurements.region("right lung").voxels == first.region("right lung").voxels
    labels[labels == 2] = 1
    assert corrected.measurements.region("left lung").voxels == 0
    assert corrected.measurements.sizes == corrected.sizes.sizes


def test_warnings_of_a_segmentation_reach_its_numbers(result: Segmentation) -> None:
    cut = replace(result, warnings=(Note("cut-off", "lung reaches an edge"),))
    assert "lungs-incomplete" in {warning.code for warning in cut.measurements.warnings_of("volume_ml")}


def test_verdict_on_a_mask_reaches_its_numbers(result: Segmentation) -> None:
    judged = replace(result, quality=Quality("check"))
    assert "low-quality" in {warning.code for warning in judged.measurements.warnings_of("volume_ml")}
    good = replace(result, quality=Quality("good"))
    assert "low-quality" not in {warning.code for warning in good.measurements.warnings}

"""The sidecar of a mask says what made it, from what, on which grid, and how much it holds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pleura import __version__
from pleura.geometry import affine_from_spacing
from pleura.labels import structures
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume
from pleura.writing import SUFFIXES, sidecar_fields, sidecar_path, write


def test_sidecar_lies_beside_the_mask_under_its_name(plain: Segmentation, tmp_path: Path) -> None:
    assert plain.write(tmp_path / "case.7.NII.GZ") == tmp_path / "case.7.NII.GZ"
    data = (tmp_path / "case.7.NII.GZ").read_bytes()
    mask = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "format": "nifti"}
    assert json.loads((tmp_path / "case.7.NII.GZ.json").read_text()) == {**sidecar_fields(plain), "mask": mask}


def test_masks_of_two_formats_have_a_sidecar_each() -> None:
    assert [sidecar_path(Path(f"a/b{suffix}")).name for suffix in (".mha", ".nrrd")] == ["b.mha.json", "b.nrrd.json"]


def test_sidecar_counts_voxels_and_millilitres(plain: Segmentation) -> None:
    background, right, left = sidecar_fields(plain)["labels"]
    assert background == {"value": 0, "name": "background"}
    # 4 and 2 voxels of 5 x 2 x 1 mm: 40 and 20 cubic millimetres
    assert (right["value"], right["name"], right["voxels"], right["ml"]) == (1, "right lung", 4, 0.04)
    assert (left["value"], left["name"], left["voxels"], left["ml"]) == (2, "left lung", 2, 0.02)


def test_sidecar_names_program_model_grid_and_findings(plain: Segmentation) -> None:
    found = sidecar_fields(plain)
    assert found["program"] == {"name": "pleura", "version": __version__}
    assert found["model"] == {"name": "test"}
    assert found["geometry"]["spacing_mm"] == [5.0, 2.0, 1.0]
    assert found["geometry"]["shape"] == [3, 4, 5]
    assert found["warnings"] == [{"code": "cropped", "message": "the lungs reach the edge of the scan"}]
    assert found["notes"][0]["code"] == "hu-offset-corrected"


def test_sidecar_holds_no_duration(plain: Segmentation) -> None:
    slower = replace(plain, timings={"read": 99.0})
    assert sidecar_fields(slower) == sidecar_fields(plain)
    assert "99" not in json.dumps(sidecar_fields(slower))


def test_picture_without_millimetres_has_no_millilitres(picture: Segmentation) -> None:
    found = sidecar_fields(picture)
    assert [label.get("ml") for label in found["labels"]] == [None, None, None]
    assert found["labels"][1]["voxels"] == 2
    assert found["geometry"]["spacing_mm"] is None
    assert found["geometry"]["shape"] == [4, 6]


def test_radiograph_has_area_share_and_height_and_a_scan_has_none_of_them(
    picture: Segmentation, plain: Segmentation
) -> None:
    volume = Volume(picture.volume.voxels, affine_from_spacing((9.0, 5.0, 10.0)), kind=Kind.RADIOGRAPH, is_picture=True)
    found = sidecar_fields(replace(picture, volume=volume))
    # 2 of 24 pixels of 5 x 10 mm are 1 square centimetre, 2 rows of 5 mm are 1 centimetre high
    keys = ("cm2", "share", "height_cm", "ml")
    assert [[label[key] for key in keys] for label in found["labels"][1:]] == [[1.0, 0.083333, 1.0, None]] * 2
    assert found["left_to_right"] == 1.0
    assert [label["share"] for label in sidecar_fields(plain)["labels"][1:]] == [None, None]


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix not in {".png", ".dcm"}])
def test_same_result_gives_the_same_bytes(suffix: str, plain: Segmentation, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    first, second = write(plain, tmp_path / f"a{suffix}"), write(plain, tmp_path / "elsewhere" / f"other{suffix}")
    assert first.read_bytes() == second.read_bytes()
    assert sidecar_path(first).read_bytes() == sidecar_path(second).read_bytes()


def test_left_is_compared_with_right_in_radiographs_of_lungs_alone(picture: Segmentation) -> None:
    volume = replace(picture.volume, kind=Kind.RADIOGRAPH)
    film = replace(picture, volume=volume)
    assert sidecar_fields(film)["left_to_right"] == 1.0
    assert "left_to_right" not in sidecar_fields(replace(film, structures=structures(["heart", "spine"])))
    assert "left_to_right" not in sidecar_fields(picture)

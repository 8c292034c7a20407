"""Every error bears the name of the input, and no error of a library comes through as it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from dicom_files import chest, save, save_all, series
from PIL import Image

import pleura
import pleura.reading
from pleura.errors import AmbiguousInput, UnreadableInput, UnsuitableInput
from pleura.reading.array import from_array
from pleura.volume import Kind


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("whatever a decoder says"), "damaged"),
        (KeyError("sizes"), "damaged"),
        (MemoryError(), "too-large"),
        (PermissionError(), "no-permission"),
    ],
)
@pytest.mark.parametrize("verb", ["read", "survey_path"])
def test_errors_of_libraries_become_ours_with_their_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, error: Exception, code: str
) -> None:
    monkeypatch.setattr(pleura.reading, f"_{verb}", failing(error))
    with pytest.raises(UnreadableInput, match=r"scan\.nii: ") as caught:
        getattr(pleura.reading, verb)(tmp_path / "scan.nii")
    assert caught.value.code == code
    assert caught.value.__cause__ is error
    assert "whatever" not in str(caught.value)


@pytest.mark.parametrize("verb", ["read", "survey_path"])
def test_a_wrong_path_is_one_error_in_a_notebook_not_two(tmp_path: Path, verb: str) -> None:
    with pytest.raises(UnreadableInput, match="there is no such file or folder") as caught:
        getattr(pleura.reading, verb)(tmp_path / "scan.nii")
    assert caught.value.code == "not-found"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("error", [NameError("a fault of ours"), ImportError("a broken installation")])
def test_faults_of_the_program_are_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(pleura.reading, "_read", failing(error))
    with pytest.raises(type(error)):
        pleura.reading.read(tmp_path / "scan.nii")


def test_key_of_a_series_is_not_ignored_where_there_are_none(tmp_path: Path) -> None:
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save(tmp_path / "slice.png")
    assert pleura.reading.read(tmp_path / "slice.png").is_picture
    with pytest.raises(AmbiguousInput, match=r"slice\.png: only DICOM holds series") as caught:
        pleura.reading.read(tmp_path / "slice.png", series="1.2.3")
    assert caught.value.code == "no-such-series"


def test_arguments_with_defaults_are_keyword_only() -> None:
    parameters = inspect.signature(pleura.reading.read).parameters
    assert [name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY] == ["series", "kind"]


def test_an_empty_name_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(series(chest()[:1])[0], tmp_path / "one.dcm")
    monkeypatch.chdir(tmp_path)
    for verb in (pleura.read, pleura.reading.survey_path):
        assert verb(".")
        with pytest.raises(UnreadableInput, match="an empty name"):
            verb("")


def test_dicomdir_is_its_folder(tmp_path: Path) -> None:
    folder = save_all(series(chest()), tmp_path / "disc")
    (folder / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    assert pleura.read(folder / "DICOMDIR").identity == pleura.read(folder).identity


def test_a_kind_may_be_given_as_its_text_wherever_one_is_taken_and_another_text_is_refused(tmp_path: Path) -> None:
    hu = chest((40, 64, 64))
    nib.save(nib.Nifti1Image(hu.transpose(), np.diag([-5.0, -5.0, 7.0, 1.0])), tmp_path / "scan.nii")
    for kind in ("hu", Kind.HU):
        for volume in (
            pleura.read(tmp_path / "scan.nii", kind=kind),
            from_array(hu, (7, 5, 5), kind=kind),
            pleura.Volume(hu, np.diag([7.0, 5.0, 5.0, 1.0])[[2, 1, 0, 3]], kind=kind),
        ):
            assert volume.kind is Kind.HU
            assert volume.voxels.dtype == np.int16
    with pytest.raises(UnsuitableInput, match="'mr'; choose from hu, windowed, radiograph") as caught:
        pleura.read(tmp_path / "scan.nii", kind="mr")
    assert caught.value.code == "unknown-kind"


@pytest.mark.parametrize("read", [pleura.reading.read, pleura.reading.read_label_map, pleura.reading.survey_path])
def test_a_path_that_leads_to_no_file_is_not_called_a_damaged_one(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    (tmp_path / "circle.png").symlink_to("circle.png")
    (tmp_path / "file.png").touch()
    for name, text in (("circle.png", "circle.png: a link that leads in a circle"), ("file.png/a.png", "is a file")):
        with pytest.raises(UnreadableInput, match=text) as caught:
            read(tmp_path / name)
        assert caught.value.code == "not-found"

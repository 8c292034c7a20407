"""Small sound files of every format that is read, made here: what `fuzz.py` begins with."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from fuzz_objects import objects
from fuzz_parts import PYDICOM_SYNTAXES, SHAPE, SPACING, Seed, encoded, hu, item, single
from numpy.typing import NDArray

from pleura.inference.bundle import load_bundle
from pleura.phantom import chest, write_dicom

CR = "1.2.840.10008.5.1.4.1.1.1"
ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
GDCM_SYNTAXES = ("JPEGLosslessProcess14_1", "JPEGLSLossless")


def seeds() -> list[Seed]:
    """Return all seeds, always the same."""
    with TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        makers = (_nifti, _nrrd, _metaimage, _pictures, _dicom, objects, _archives, _bundles)
        return [seed for make in makers for seed in make(folder)]


def _nifti(folder: Path) -> Iterator[Seed]:
    import nibabel

    affine = np.diag([-9.0, -9.0, 30.0, 1.0])
    scaled = nibabel.Nifti1Image(hu().T, affine)
    scaled.header.set_slope_inter(2.0, -5.0)
    images = {
        "int16.nii": nibabel.Nifti1Image(hu().T, affine),
        "float.nii.gz": nibabel.Nifti1Image(hu().T.astype(np.float32), affine),
        "two.nii": nibabel.Nifti2Image(hu().T, affine),
        "scaled.nii.gz": scaled,
        "labels.nii": nibabel.Nifti1Image((hu().T < -500).astype(np.uint8), affine),
    }
    for name, image in images.items():
        nibabel.save(image, folder / name)
        yield single(f"nifti-{name}", folder / name)
    nibabel.save(nibabel.Nifti1Pair(hu().T, affine), folder / "pair.hdr")
    yield Seed("nifti-pair", {part: (folder / part).read_bytes() for part in ("pair.hdr", "pair.img")})


def _nrrd(folder: Path) -> Iterator[Seed]:
    import nrrd

    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([9.0, 9.0, 30.0]),
        "space origin": [0, 0, 0],
    }
    for encoding in ("raw", "gzip", "bzip2", "ascii"):
        path = folder / f"{encoding}.nrrd"
        nrrd.write(str(path), hu(), {**header, "encoding": encoding}, index_order="C")
        yield Seed(f"nrrd-{encoding}", {path.name: _undated(path)})
    nrrd.write(str(folder / "apart.nhdr"), hu(), {**header, "encoding": "raw"}, index_order="C")
    header_file, voxels = folder / "apart.nhdr", folder / "apart.raw"
    yield Seed("nrrd-apart", {header_file.name: _undated(header_file), voxels.name: voxels.read_bytes()})


def _undated(path: Path) -> bytes:
    """Return a NRRD file without its comments, which hold the time."""
    head, blank, body = path.read_bytes().partition(b"\n\n")
    return b"\n".join(line for line in head.split(b"\n") if not line.startswith(b"#")) + blank + body


def _metaimage(_: Path) -> Iterator[Seed]:
    import zlib

    size = " ".join(map(str, SHAPE[::-1]))
    fields = (
        f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = {{}}\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nAnatomicalOrientation = RAI\nElementSpacing = 9 9 30\n"
        f"DimSize = {size}\nElementType = MET_SHORT\nElementDataFile = {{}}\n"
    )
    voxels = hu().tobytes()
    yield Seed("metaimage-raw", {"a.mha": fields.format("False", "LOCAL").encode() + voxels})
    yield Seed("metaimage-packed", {"a.mha": fields.format("True", "LOCAL").encode() + zlib.compress(voxels)})
    yield Seed("metaimage-apart", {"a.mhd": fields.format("False", "a.raw").encode(), "a.raw": voxels})


def _pictures(folder: Path) -> Iterator[Seed]:
    from PIL import Image

    plane = np.kron(hu()[4], np.ones((2, 2), np.int16)).astype(np.int32) + 1024
    grey = np.clip(plane // 6, 0, 255).astype(np.uint8)
    arrays: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
        "grey.png": (grey, {}),
        "deep.png": (plane.astype(np.uint16), {}),
        "rgb.png": (np.repeat(grey[..., None], 3, 2), {}),
        "grey.jpg": (grey, {}),
        "raw.tif": (grey, {}),
        "lzw.tif": (plane.astype(np.uint16), {"compression": "tiff_lzw"}),
        "deflate.tif": (plane.astype(np.float32), {"compression": "tiff_deflate"}),
        "int.tif": (plane, {}),
        "grey.bmp": (grey, {}),
        "grey.gif": (grey, {}),
        "grey.webp": (grey, {}),
    }
    for name, (array, options) in arrays.items():
        Image.fromarray(array).save(folder / name, **options)
        yield single(f"picture-{name}", folder / name)


def _dicom(folder: Path) -> Iterator[Seed]:
    import gdcm
    import pydicom

    path = write_dicom(chest(shape=SHAPE, spacing=SPACING), folder / "series")[4]
    yield single("dicom-explicit", path)
    for name, uid in PYDICOM_SYNTAXES.items():
        yield Seed(f"dicom-{name}", {"a.dcm": encoded(pydicom.dcmread(path), uid)})
    for name in GDCM_SYNTAXES:
        reader, writer, change = gdcm.ImageReader(), gdcm.ImageWriter(), gdcm.ImageChangeTransferSyntax()
        reader.SetFileName(str(path))
        reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
        change.SetInput(reader.GetImage())
        change.Change()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(folder / f"{name}.dcm"))
        writer.Write()
        yield single(f"dicom-{name}", folder / f"{name}.dcm")
    for name, uid in {"native": "1.2.840.10008.1.2.1", "rle": PYDICOM_SYNTAXES["rle"]}.items():
        yield Seed(f"multiframe-{name}", {"a.dcm": encoded(_enhanced(pydicom.dcmread(path)), uid)})
    yield Seed("radiograph-native", {"a.dcm": encoded(_radiograph(pydicom.dcmread(path)), "1.2.840.10008.1.2.1")})
    yield Seed("radiograph-j2k", {"a.dcm": encoded(_radiograph(pydicom.dcmread(path)), PYDICOM_SYNTAXES["j2k"])})


def _enhanced(dataset: Any) -> Any:
    stored = (hu() + 1024).astype(np.uint16)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ENHANCED
    dataset.PixelData, dataset.NumberOfFrames = stored.tobytes(), len(stored)
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 0
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(dataset, name)
    dataset.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=item(PixelSpacing=[9.0, 9.0], SliceThickness=30.0),
            PlaneOrientationSequence=item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
            PixelValueTransformationSequence=item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"),
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=item(ImagePositionPatient=[0, 0, 30.0 * k])) for k in range(len(stored))
    ]
    return dataset


def _radiograph(dataset: Any) -> Any:
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = CR
    dataset.Modality, dataset.PhotometricInterpretation, dataset.ViewPosition = "CR", "MONOCHROME1", "PA"
    dataset.ImagerPixelSpacing = [9.0, 9.0]
    dataset.PatientOrientation = ["L", "F"]
    dataset.WindowCenter, dataset.WindowWidth = 0, 2000
    return dataset


def _archives(folder: Path) -> Iterator[Seed]:
    slices = sorted((folder / "series").iterdir())
    for name, paths in {"series": slices, "volume": [folder / "int16.nii"]}.items():
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in paths:
                archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
        yield Seed(f"zip-{name}", {"a.zip": file.getvalue()})


def _bundles(_: Path) -> Iterator[Seed]:
    for name in ("chest-ct", "chest-radiograph"):
        recipe = load_bundle(name).as_json()
        recipe = {key: value for key, value in recipe.items() if key not in {"figures", "training_data"}}
        yield Seed(f"bundle-{name}", {"recipe.json": json.dumps(recipe, indent=1).encode()})

"""Small sound files of every format that is read, made here: what `fuzz.py` begins with."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.inference.bundle import load_bundle
from pleura.phantom import chest, write_dicom

SHAPE = (8, 40, 44)
SPACING = (30.0, 9.0, 9.0)
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
CR = "1.2.840.10008.5.1.4.1.1.1"
ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
GDCM_SYNTAXES = ("JPEGLosslessProcess14_1", "JPEGLSLossless")
PYDICOM_SYNTAXES = {
    "implicit": "1.2.840.10008.1.2",
    "deflated": "1.2.840.10008.1.2.1.99",
    "rle": "1.2.840.10008.1.2.5",
    "j2k": "1.2.840.10008.1.2.4.90",
}


@dataclass(frozen=True)
class Seed:
    """One input: its files by name, the first of them the one to be read."""

    name: str
    files: Mapping[str, bytes]

    @property
    def group(self) -> str:
        """The format."""
        return self.name.partition("-")[0]


@cache
def hu() -> NDArray[np.int16]:
    """Return (z, y, x) HU of a small drawn chest."""
    voxels: NDArray[np.int16] = chest(shape=SHAPE, spacing=SPACING).volume.voxels
    return voxels


def seeds() -> list[Seed]:
    """Return all seeds, always the same."""
    with TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        makers = (_nifti, _nrrd, _metaimage, _pictures, _dicom, _objects, _archives, _bundles)
        return [seed for make in makers for seed in make(folder)]


def _single(name: str, path: Path) -> Seed:
    return Seed(name, {path.name: path.read_bytes()})


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
        yield _single(f"nifti-{name}", folder / name)
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
        yield _single(f"picture-{name}", folder / name)


def _dicom(folder: Path) -> Iterator[Seed]:
    import gdcm
    import pydicom

    path = write_dicom(chest(shape=SHAPE, spacing=SPACING), folder / "series")[4]
    yield _single("dicom-explicit", path)
    for name, uid in PYDICOM_SYNTAXES.items():
        yield Seed(f"dicom-{name}", {"a.dcm": _encoded(pydicom.dcmread(path), uid)})
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
        yield _single(f"dicom-{name}", folder / f"{name}.dcm")
    for name, uid in {"native": "1.2.840.10008.1.2.1", "rle": PYDICOM_SYNTAXES["rle"]}.items():
        yield Seed(f"multiframe-{name}", {"a.dcm": _encoded(_enhanced(pydicom.dcmread(path)), uid)})
    yield Seed("radiograph-native", {"a.dcm": _encoded(_radiograph(pydicom.dcmread(path)), "1.2.840.10008.1.2.1")})
    yield Seed("radiograph-j2k", {"a.dcm": _encoded(_radiograph(pydicom.dcmread(path)), PYDICOM_SYNTAXES["j2k"])})


def _encoded(dataset: Any, uid: str) -> bytes:
    """Return a data set as a file in a transfer syntax."""
    from pydicom.uid import UID

    syntax = UID(uid)
    if syntax.is_compressed and not syntax.is_deflated:
        dataset.compress(syntax, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    dataset.save_as(file, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
    return file.getvalue()


def _item(**values: Any) -> Any:
    """Return a data set; those among the values become sequences of one item."""
    from pydicom.dataset import Dataset

    made = Dataset()
    for name, value in values.items():
        setattr(made, name, [value] if isinstance(value, Dataset) else value)
    return made


def _enhanced(dataset: Any) -> Any:
    stored = (hu() + 1024).astype(np.uint16)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ENHANCED
    dataset.PixelData, dataset.NumberOfFrames = stored.tobytes(), len(stored)
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 0
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(dataset, name)
    dataset.SharedFunctionalGroupsSequence = [
        _item(
            PixelMeasuresSequence=_item(PixelSpacing=[9.0, 9.0], SliceThickness=30.0),
            PlaneOrientationSequence=_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
            PixelValueTransformationSequence=_item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"),
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        _item(PlanePositionSequence=_item(ImagePositionPatient=[0, 0, 30.0 * k])) for k in range(len(stored))
    ]
    return dataset


def _radiograph(dataset: Any) -> Any:
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = CR
    dataset.Modality, dataset.PhotometricInterpretation, dataset.ViewPosition = "CR", "MONOCHROME1", "PA"
    dataset.ImagerPixelSpacing = [9.0, 9.0]
    dataset.PatientOrientation = ["L", "F"]
    dataset.WindowCenter, dataset.WindowWidth = 0, 2000
    return dataset


def _objects(folder: Path) -> Iterator[Seed]:
    import pydicom

    path = sorted((folder / "series").iterdir())[4]
    yield Seed("seg-binary", {"a.dcm": _encoded(_segmentation(pydicom.dcmread(path)), "1.2.840.10008.1.2.1")})
    implicit = _encoded(_segmentation(pydicom.dcmread(path)), PYDICOM_SYNTAXES["implicit"])
    yield Seed("seg-implicit", {"a.dcm": implicit})
    yield Seed("rtstruct-explicit", {"a.dcm": _encoded(_structure_set(pydicom.dcmread(path)), "1.2.840.10008.1.2.1")})


def _segmentation(dataset: Any) -> Any:
    marked = np.stack([hu() < -500, hu() > 0])
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SEG
    dataset.Modality, dataset.SegmentationType = "SEG", "BINARY"
    dataset.SamplesPerPixel = dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = dataset.PixelRepresentation = 0
    dataset.NumberOfFrames = 2 * len(hu())
    dataset.PixelData = np.packbits(marked.ravel(), bitorder="little").tobytes()
    dataset.SegmentSequence = [_item(SegmentNumber=n, SegmentLabel=name) for n, name in ((1, "lung"), (2, "body"))]
    dataset.SharedFunctionalGroupsSequence = [
        _item(
            PixelMeasuresSequence=_item(PixelSpacing=[9.0, 9.0], SliceThickness=30.0, SpacingBetweenSlices=30.0),
            PlaneOrientationSequence=_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        _item(
            PlanePositionSequence=_item(ImagePositionPatient=[0, 0, 30.0 * k]),
            SegmentIdentificationSequence=_item(ReferencedSegmentNumber=n),
        )
        for n in (1, 2)
        for k in range(len(hu()))
    ]
    return dataset


def _structure_set(dataset: Any) -> Any:
    del dataset.PixelData
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = STRUCTURES
    dataset.Modality = "RTSTRUCT"
    dataset.StructureSetROISequence = [_item(ROINumber=1, ROIName="lung")]
    origin = chest(shape=SHAPE, spacing=SPACING).volume.affine @ np.array([[k, 10, 10, 1] for k in range(3)]).T
    contours = []
    for x, y, z in origin[:3].T:
        points = [x, y, z, x + 90, y, z, x + 90, y + 90, z, x, y + 90, z]
        contours.append(_item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=4, ContourData=points))
    structure = _item(ReferencedROINumber=1)
    structure.ContourSequence = contours
    dataset.ROIContourSequence = [structure]
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

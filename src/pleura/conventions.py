"""The modalities, conventions, backends, devices and formats that a caller may name, once: for editors and for checks.

They stand alone, so that the command line offers them without loading what reads scans and runs networks.
"""

from __future__ import annotations

from typing import Literal, get_args

Modality = Literal["auto", "ct", "cr"]
"""What pictures without a header show: "auto" looks at them, "ct" is a slice of a CT, "cr" a radiograph."""

Convention = Literal["", "heart-included", "heart-excluded"]
"""What masks of radiographs hold: each lung to the spine, which is usual and meant where it is empty, or its field."""

BackendName = Literal["auto", "onnxruntime", "onnxruntime-int8", "openvino", "torch"]
"""What runs the network."""

Device = Literal["auto", "cpu", "cuda", "mps"]
"""Where it runs."""

MaskFormat = Literal["nifti", "nrrd", "mha", "png", "dicom-seg", "rtstruct", "dicom-sr", "dicom-sc", "dicom-pdf"]
"""What a result is written as."""

SegType = Literal["binary", "labelmap"]
"""How a DICOM segmentation holds a mask: a bit for each voxel and structure, which every viewer of segmentations reads,
or the number of the structure, compressed to a tenth of the size, which only new ones do."""

QualityMode = Literal["full", "fast", "off"]
"""How the quality of a mask is judged: by the mirror image of the scan too, without it, or not at all."""

TIME_LIMIT = 1800.0
"""Seconds that one scan may take in a batch or a node: a hundred times what a CT of 1200 slices takes on two cores."""

MODALITIES: tuple[str, ...] = get_args(Modality)
CONVENTIONS: tuple[str, ...] = get_args(Convention)[1:]
BACKENDS: tuple[str, ...] = get_args(BackendName)
DEVICES: tuple[str, ...] = get_args(Device)
FORMAT_NAMES: tuple[MaskFormat, ...] = get_args(MaskFormat)
SEG_TYPES: tuple[SegType, ...] = get_args(SegType)
QUALITY_MODES: tuple[QualityMode, ...] = get_args(QualityMode)

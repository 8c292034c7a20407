"""The function for one scan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pleura.conventions import BackendName, Convention, Device, Modality, QualityMode
from pleura.reading.source import Source
from pleura.segmentation import Segmentation


def segment(
    source: Source,
    *,
    spacing: Sequence[float] | None = None,
    series: str | int | None = None,
    model: str | Path | None = None,
    modality: Modality = "auto",
    convention: Convention = "",
    backend: BackendName = "auto",
    device: Device = "auto",
    threads: int | None = None,
    quality: QualityMode = "fast",
) -> Segmentation:
    """Return the right and left lung of one scan; for many scans make a `Segmenter` once.

    Parameters
    ----------
    source : a path of a DICOM folder, a zip or a file (DICOM, NIfTI, NRRD, MHA, picture); a `Volume`; an image of
        nibabel or SimpleITK; or an array (z, y, x) whose axes run to the head, to the back and to the patient's left,
        (y, x) for one slice
    spacing : millimetres along the array's axes, with an array only; without it no volumes are known
    series : which series, where a DICOM folder holds several: its number or key as listed by the error that asks for it
    model : folder of a bundle, or a shipped one by its name, "chest-ct" or "chest-radiograph"; if None, the shipped
        one that fits the scan
    modality : what pictures without a header show: "auto" looks at them, "ct" or "cr" (radiograph) settles it
    convention : of radiographs: "heart-included", each lung to the spine, which is meant where it is empty, or
        "heart-excluded", the lung fields
    backend : what runs the network: "onnxruntime", "onnxruntime-int8" (in 8-bit integers), "openvino" or "torch";
        "auto" takes onnxruntime, in integers where model and processor are made for it, or torch for a device that
        only torch knows
    device : where it runs: "cpu", "cuda" or "mps"; "auto" is the processor
    threads : processor threads; one for each core that this process may use if None, and never more
    quality : how the quality of the mask is judged: "fast", "full", by the mirror image too, which takes a
        third longer, or "off"

    Returns
    -------
    Segmentation : `labels`, uint8 on the scan's own grid, 0 background, 1 right lung, 2 left lung; `warnings`, what to
        check before the mask is used; `quality`, the Dice to expect and a verdict; `write`, `preview`, `volumes_ml`

    Raises
    ------
    UnreadableInput : the file is missing, damaged, empty, or of a format that is not read
    UnsuitableInput : it is neither a chest CT nor a frontal chest radiograph, or an argument does not suit it
    AmbiguousInput : several series could be meant, or there is none with that key
    InvalidBundle : the model is not whole
    MissingExtra : a package that is asked for is not installed
    InvalidOption : an option has a value that does not exist
    PleuraError : the base of all of them

    Examples
    --------
    >>> result = pleura.segment("scan")
    >>> result
    Segmentation(right 2846 mL, left 2509 mL, 87 x 256 x 256, no warnings)
    >>> result.write("lungs.nii.gz")
    """
    from pleura.segmenter import Segmenter

    segmenter = Segmenter(
        model=model,
        modality=modality,
        convention=convention,
        backend=backend,
        device=device,
        threads=threads,
        quality=quality,
    )
    return segmenter(source, spacing=spacing, series=series)

"""The pipeline: a path, a volume or an array in, right and left lung on its own grid out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pleura
from pleura.conventions import CONVENTIONS, Convention, Modality
from pleura.errors import InvalidOption, UnsuitableInput
from pleura.geometry import axial_spacing, to_axial
from pleura.inference.anatomy_rules import RuleVolumes
from pleura.inference.backends import BackendName, Device, cpu_count, make_backend
from pleura.inference.bundle import RADIOGRAPH, Bundle, load_bundle
from pleura.inference.clock import Clock
from pleura.inference.ct import find_ct_lungs
from pleura.inference.grid import FieldOfView, paste
from pleura.inference.locate import locate_lungs
from pleura.inference.mask_warnings import empty_warnings, lung_warnings
from pleura.inference.postprocess import Cleaned
from pleura.inference.postprocess_probability import clean_probabilities
from pleura.inference.predict import probability_batches, score_planes
from pleura.inference.probability import enlarge, lung_probability
from pleura.inference.recipe import LUNGS
from pleura.inference.resample import argmax_on_scan, resample_to_grid, resample_to_scan
from pleura.inference.upright import predict_upright
from pleura.labels import RIGHT_AND_LEFT, structures
from pleura.modality.resolve import resolve_kind
from pleura.reading.source import Source, as_volume
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume


class Segmenter:
    """A model, loaded once, that segments any number of scans.

    Parameters
    ----------
    model : folder of a bundle, or the name of a shipped one; if None, the shipped one that fits: for CT, or for
        radiographs
    modality : "ct" or "cr" where it is known what pictures show; "auto" takes it from headers, else from the picture
    convention : what a mask of a radiograph holds: "heart-included", to the spine, or "heart-excluded", the lung fields
    backend : "auto", "onnxruntime", "openvino" or "torch"
    device : "auto", "cpu", "cuda" or "mps"
    threads : processor threads; one for each core that this process may use if None, and never more

    Attributes
    ----------
    bundle : the model
    backend : name of what runs the network
    network : planes (n, c, side, side) uint8 -> what `pleura.inference.backends` describes
    """

    def __init__(
        self,
        *,
        model: str | Path | None = None,
        modality: Modality = "auto",
        convention: Convention = "",
        backend: BackendName = "auto",
        device: Device = "auto",
        threads: int | None = None,
    ) -> None:
        self.bundle = load_bundle(model)
        self._chosen, self.modality, self.convention = model is not None, modality, convention
        self._asked_backend, self._device = backend, device
        _check_convention(self.bundle, convention, chosen=self._chosen)
        self.threads = cpu_count(threads)
        self.backend, self.network = make_backend(self.bundle, backend=backend, device=device, threads=self.threads)

    def __repr__(self) -> str:
        return f"Segmenter({self.bundle.name} {self.bundle.version}, {self.backend}, {self.threads} threads)"

    def __call__(
        self, source: Source, *, spacing: Sequence[float] | None = None, series: str | int | None = None
    ) -> Segmentation:
        """Return the lungs of one scan.

        Parameters
        ----------
        source : a path, a `Volume`, an image, or an array (z, y, x) to head, back and left; (y, x) for one slice
        spacing : millimetres along (z, y, x), with an array only
        series : which series, where a DICOM folder holds several, as listed by the error that asks for it

        Raises the named errors of `pleura.errors`.
        """
        clock = Clock()
        volume, case_warnings = self._resolve_kind(as_volume(source, spacing, series))
        clock.lap("read")
        if not self._belongs_to_radiographs(volume):
            return self._segmented(self._without_convention(volume), case_warnings, clock)
        other = self._radiographs
        clock.lap("load")
        return other._segmented(volume, case_warnings, clock)

    def _without_convention(self, volume: Volume) -> Volume:
        """Note on the volume that its masks follow no convention, where one was asked for."""
        if not self.convention or self.bundle.conventions:
            return volume
        text = f"{self.convention} is a convention of radiographs; this is none, and it was ignored"
        return replace(volume, notes=(*volume.notes, Note("convention-ignored", text)))

    def _segmented(self, volume: Volume, case_warnings: tuple[Note, ...], clock: Clock) -> Segmentation:
        """Return the lungs of a volume that this model knows; `case_warnings` are warnings that were found before."""
        planes, fov, step = self._planes(volume, clock)
        labels, rules = np.zeros(volume.shape, np.uint8), RuleVolumes()
        axial = to_axial(labels, volume.affine)
        if self.bundle.output == LUNGS:
            cleaned, warnings, rules = self._lungs(volume, planes, fov, step, clock)
            del planes
            resample_to_scan(cleaned, fov, axial, self.bundle, self.threads)
            clock.lap("restore")
        else:
            batches = clean_probabilities(self._probabilities(planes, step), planes, volume.kind, self.bundle.labels)
            argmax_on_scan(batches, fov, axial, self.bundle, self.threads)
            clock.lap("network")
            warnings = (
                lung_warnings(axial, is_picture=volume.is_picture or volume.kind is Kind.RADIOGRAPH)
                if self.bundle.labels == RIGHT_AND_LEFT
                else empty_warnings(axial, self.bundle.labels)
            )
        return Segmentation(
            labels=labels[0] if volume.is_picture else labels,
            volume=volume,
            warnings=(*case_warnings, *warnings),
            timings=clock.laps,
            provenance=self._provenance(volume) | rules.provenance,
            structures=structures(self.bundle.labels),
        )

    def _lungs(
        self, volume: Volume, planes: NDArray[np.uint8], fov: FieldOfView, step: float | None, clock: Clock
    ) -> tuple[Cleaned, tuple[Note, ...], RuleVolumes]:
        """Return the lungs of a CT on the model's grid, warnings, and what anatomy changed where values are HU."""
        lung, side_score = score_planes(planes, step, self.bundle.context_mm, self.network)
        clock.lap("network")
        found = find_ct_lungs(lung, side_score, volume, planes, fov, self.bundle)
        clock.lap("clean")
        return found

    def probabilities(self, source: Source, *, spacing: Sequence[float] | None = None) -> NDArray[np.uint8]:
        """Return the probability, 0 to 255, that a voxel belongs to any structure: (z, y, x), on the scan's own grid.

        This is what the network says, before the mask is cleaned; evaluation draws its threshold curves from it.
        """
        volume, _ = self._resolve_kind(as_volume(source, spacing))
        if self._belongs_to_radiographs(volume):
            return self._radiographs.probabilities(volume)
        planes, fov, step = self._planes(volume, Clock())
        whole = np.zeros(volume.shape, np.uint8)
        axial = to_axial(whole, volume.affine)
        if self.bundle.output == LUNGS:
            lung = lung_probability(score_planes(planes, step, self.bundle.context_mm, self.network)[0])
            batches = ((slice(z, z + 1), lung[z : z + 1]) for z in range(len(lung)))
        else:
            batches = ((here, 255 - classes[:, 0]) for here, classes in self._probabilities(planes, step))
        for here, part in batches:
            paste(axial[here], enlarge(part, fov), fov)
        return whole

    def provenance(self, volume: Volume) -> dict[str, Any]:
        """Return what a segmentation of the volume would state of program, model, parameters and input."""
        resolved, _ = self._resolve_kind(volume)
        known = self._radiographs if self._belongs_to_radiographs(resolved) else self
        return known._provenance(resolved)

    def _resolve_kind(self, volume: Volume) -> tuple[Volume, tuple[Note, ...]]:
        """Return the volume with its kind settled; a chosen model takes it for what it knows, with a warning."""
        if not self._chosen:
            return resolve_kind(volume, self.modality)
        if len(self.bundle.kinds) > 1 and Kind.RADIOGRAPH in self.bundle.kinds:
            return volume, ()
        _, case_warnings = resolve_kind(volume, "cr" if Kind.RADIOGRAPH in self.bundle.kinds else "ct")
        return volume, tuple(warning for warning in case_warnings if warning.code == "modality-doubtful")

    def _belongs_to_radiographs(self, volume: Volume) -> bool:
        """Say whether the shipped model for radiographs is needed; refuse what a chosen model does not know."""
        if volume.kind is Kind.HU and self.bundle.kinds == {Kind.RADIOGRAPH}:
            raise UnsuitableInput("a CT: this model knows radiographs only", code="not-a-radiograph")
        if volume.kind is not Kind.RADIOGRAPH or Kind.RADIOGRAPH in self.bundle.kinds:
            return False
        if self._chosen:
            raise UnsuitableInput("a radiograph: this model knows CT only", code="radiograph")
        return True

    @cached_property
    def _radiographs(self) -> Segmenter:
        """The same with the shipped model for radiographs, loaded when the first one comes."""
        return Segmenter(
            model=RADIOGRAPH,
            modality=self.modality,
            convention=self.convention,
            backend=self._asked_backend,
            device=self._device,
            threads=self.threads,
        )

    def _probabilities(
        self, planes: NDArray[np.uint8], step: float | None
    ) -> Iterable[tuple[slice, NDArray[np.uint8]]]:
        """Return the probability of each class, a few planes at a time; a radiograph may lie any way round."""
        if self.bundle.kinds == {Kind.RADIOGRAPH} and len(planes) == 1:
            return [(slice(0, 1), predict_upright(planes[0], self.bundle, self.network, self.convention)[None])]
        return probability_batches(planes, step, self.bundle, self.network, self.convention)

    def _planes(self, volume: Volume, clock: Clock) -> tuple[NDArray[np.uint8], FieldOfView, float | None]:
        """Return what the network sees, where that lies on the slices, and their distance in mm where it is known."""
        slices = to_axial(volume.voxels, volume.affine)
        step, *pixel = axial_spacing(volume.affine)
        fov = locate_lungs(slices, (pixel[0], pixel[1]), volume.kind, self.bundle, self.network, self.threads)
        clock.lap("locate")
        planes = resample_to_grid(slices, fov, volume.kind, self.bundle, self.threads)
        clock.lap("prepare")
        return planes, fov, step if volume.spacing_known else None

    def _provenance(self, volume: Volume) -> dict[str, Any]:
        model = {"name": self.bundle.name, "version": self.bundle.version, "sha256": self.bundle.sha256}
        source = {
            "format": volume.identity.format,
            "sha256": volume.identity.sha256,
            "series_uid": volume.identity.series_uid,
            "kind": volume.kind.value,
            "shape": list(volume.shape),
        }
        program = {"name": "pleura", "version": pleura.__version__}
        parameters = {"backend": self.backend}
        if self.modality != "auto":
            parameters["modality"] = self.modality
        if self.bundle.conventions:
            parameters["convention"] = self.convention or self.bundle.conventions[0]
        return {"program": program, "model": model, "parameters": parameters, "input": source}


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
    backend : what runs the network: "onnxruntime", "openvino" or "torch"; "auto" takes onnxruntime, or torch for a
        device that only torch knows
    device : where it runs: "cpu", "cuda" or "mps"; "auto" is the processor
    threads : processor threads; one for each core that this process may use if None, and never more

    Returns
    -------
    Segmentation : `labels`, uint8 on the scan's own grid, 0 background, 1 right lung, 2 left lung; `warnings`, what to
        check before the mask is used; `write`, `preview`, `volumes_ml`

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
    segmenter = Segmenter(
        model=model, modality=modality, convention=convention, backend=backend, device=device, threads=threads
    )
    return segmenter(source, spacing=spacing, series=series)


def _check_convention(bundle: Bundle, convention: str, *, chosen: bool) -> None:
    known = bundle.conventions if chosen else CONVENTIONS
    if convention and convention not in known:
        there = f"choose from {', '.join(known)}" if known else "this model knows but one"
        raise InvalidOption(f"there is no convention {convention}; {there}", code="unknown-convention")

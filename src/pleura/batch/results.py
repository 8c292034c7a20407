"""What came of each scan of a call, as data: where its mask is and what it holds, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pleura.batch.plan import Job
from pleura.conventions import MaskFormat
from pleura.errors import AmbiguousInput, PleuraError, message_of
from pleura.measurement import Measurements, Sizes
from pleura.quality import Quality
from pleura.volume import Acquisition, Note
from pleura.writing import Sidecar


@dataclass(frozen=True)
class Outcome:
    """What came of one scan; it can be sent from process to process.

    Attributes
    ----------
    number : of the scan among those of the call, from 1
    job : what was asked for
    outputs : format -> where the result is, the first one before others; empty where there is none
    preview : where the picture of it is, if one was wanted
    page, pdf : where the page of it is, and the same as PDF, if they were wanted
    sidecar : what the JSON beside the mask says
    scan : what was read: its format, its voxels and millimetres; empty where the mask was there already
    notes : what was decided while reading
    measurements : all that is measured, where a table was asked for
    acquisition : how a CT in DICOM was made
    sizes : how much of the scan each structure covers; None where it was there already
    seconds : what each stage took; empty where the mask was there already
    warnings : those of the sidecar, and on what else lies beside the mask
    quality : how far the mask can be trusted, where that was asked for
    error : what went wrong, or None
    """

    number: int
    job: Job
    outputs: Mapping[MaskFormat, Path] = field(default_factory=dict)
    preview: Path | None = None
    page: Path | None = None
    pdf: Path | None = None
    sidecar: Sidecar = field(default_factory=Sidecar)
    scan: str = ""
    notes: tuple[Note, ...] = ()
    sizes: Sizes | None = None
    measurements: Measurements | None = None
    acquisition: Acquisition | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[Note, ...] = ()
    quality: Quality | None = None
    error: Exception | None = None

    @property
    def mask(self) -> Path | None:
        """The first of the outputs."""
        return next(iter(self.outputs.values()), None)

    @property
    def pictures(self) -> list[Path]:
        """What is there to be looked at: the preview and the page, where they were wanted."""
        return [file for file in (self.preview, self.page, self.pdf) if file]

    def data(self) -> dict[str, object]:
        """Return it as plain data: places and seconds, then the sidecar; or the error."""
        if self.error is not None:
            return {**identified(self.job, self.number), **error_data(self.error)}
        return {
            **identified(self.job, self.number),
            "output": str(self.mask),
            "outputs": {name: str(path) for name, path in self.outputs.items()},
            "preview": str(self.preview) if self.preview else None,
            "report": str(self.page) if self.page else None,
            "pdf": str(self.pdf) if self.pdf else None,
            "seconds": {stage: round(taken, 3) for stage, taken in self.seconds.items()},
            **self.sidecar,
            "warnings": [{"code": note.code, "message": note.message} for note in self.warnings],
        }


def identified(job: Job, number: int) -> dict[str, object]:
    """Return what identifies a scan among those of the call: its number from 1, its name as given, its series."""
    return {"number": number, "source": job.given, **({"series": job.series} if job.series else {})}


def error_data(error: Exception) -> dict[str, object]:
    """Return an error as data: code and message, and where it asks for a choice, the choices."""
    unnamed = "not-written" if isinstance(error, OSError) else "unexpected"  # readers name what they meet
    code = error.code if isinstance(error, PleuraError) else unnamed
    choices = [choice.data() for choice in error.choices] if isinstance(error, AmbiguousInput) else []
    return {"error": code, "message": message_of(error), **({"choices": choices} if choices else {})}

"""The preview as a PDF inside a DICOM object, for archives that show documents and no masks.

References: DICOM PS3.3 sections A.45.1 (Encapsulated PDF), C.24.1 and C.24.2 (its series and document).
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import BinaryIO

from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.rendering import render_montage
from pleura.segmentation import Segmentation
from pleura.writing.dicom.modules import ObjectKind, content_time, maker_of, new_object
from pleura.writing.dicom.save import save
from pleura.writing.dicom.source import image_reference, instances, source_header
from pleura.writing.dicom.suitable import refuse_unrelated

_KIND = ObjectKind("dicom-pdf", "1.2.840.10008.5.1.4.1.1.104.1", "DOC", 5, "Lungs, preview")
_DOTS = 110
"""Dots an inch: the montage, 1212 pixels wide, then fits the width of A4 in landscape (297 mm)."""


@quiet_pydicom()
def write_pdf(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write the preview as an Encapsulated PDF.

    Raises
    ------
    UnwritableOutput
        See `refuse_unrelated`.
    """
    volume = segmentation.volume
    refuse_unrelated(volume)
    document = _document(segmentation)
    dataset = new_object(segmentation, _KIND, hashlib.sha256(document).hexdigest())
    dataset.ConversionType, dataset.InstanceNumber = "SYN", 1
    dataset.ContentDate, dataset.ContentTime = content_time(source_header(volume))
    dataset.AcquisitionDateTime, dataset.ConceptNameCodeSequence = None, []
    dataset.BurnedInAnnotation = "NO"
    dataset.SourceInstanceSequence = [image_reference(one, with_frame=False) for one in instances(volume)]
    dataset.DocumentTitle = f"Lungs by {maker_of(segmentation)}"
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument, dataset.EncapsulatedDocumentLength = (
        document + b"\n" * (len(document) % 2),
        len(document),
    )
    save(dataset, volume, file)


def _document(segmentation: Segmentation) -> bytes:
    """Return the preview as a PDF of one page, without a clock."""
    found = BytesIO()
    how = {"resolution": _DOTS, "quality": 90, "creationDate": None, "modDate": None}
    render_montage(segmentation).save(found, format="PDF", title="Lungs", **how)
    return found.getvalue()

"""DICOM files as a volume or a label map: headers first, pixels second, straight into the one array."""

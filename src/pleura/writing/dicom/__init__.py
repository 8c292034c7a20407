"""DICOM objects of a segmentation: they belong to the patient and study of the scan, and refer to its images."""

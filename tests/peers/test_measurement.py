"""Mean, standard deviation, count and extremes of SimpleITK, which counts by itself, on a real scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.reading import read, read_labels

sitk = pytest.importorskip("SimpleITK")


def test_figures_of_a_real_scan_are_those_of_simpleitk(shared: Path) -> None:
    folder = shared / "data/ct/volumes/train"
    image, mask = (folder / name / "imlab_id001.nii.gz" for name in ("images", "masks"))
    found = read_labels(mask, grid=read(image)).measurements
    statistics = sitk.LabelStatisticsImageFilter()
    statistics.Execute(sitk.ReadImage(str(image)), sitk.ReadImage(str(mask)))
    for value, name in ((1, "right lung"), (2, "left lung")):
        whole = found.region(name)
        assert whole.voxels == statistics.GetCount(value)
        assert whole.density.mean_hu == pytest.approx(statistics.GetMean(value), rel=1e-9)
        sample = (whole.voxels / (whole.voxels - 1)) ** 0.5  # ITK divides by one voxel less
        assert whole.density.sd_hu * sample == pytest.approx(statistics.GetSigma(value), rel=1e-9)
        assert whole.histogram.first_hu == statistics.GetMinimum(value)
        assert whole.histogram.first_hu + len(whole.histogram.counts) - 1 == statistics.GetMaximum(value)

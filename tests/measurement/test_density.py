"""Figures of a histogram are those of the voxels themselves, on drawn values and on a real scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pleura.measurement.density import density, histogram
from pleura.reading import read, read_labels


def binned(values: NDArray[np.integer]) -> tuple[NDArray[np.int64], int]:
    first = int(values.min()) - 3  # empty bins at both ends change nothing
    return np.bincount(values.astype(np.int64) - first, minlength=int(np.ptp(values)) + 9), first


def assert_equal_to_numpy(values: NDArray[np.integer]) -> None:
    found = density(*binned(values))
    assert found is not None
    percentiles = [found.perc5_hu, found.perc10_hu, found.perc15_hu, found.median_hu, found.perc85_hu, found.perc95_hu]
    assert percentiles == np.percentile(values, [5, 10, 15, 50, 85, 95]).tolist()
    low = [found.laa_le_950_percent, found.laa_le_910_percent, found.laa_le_856_percent]
    assert low == [100 * int((values <= limit).sum()) / values.size for limit in (-950, -910, -856)]
    assert found.haa_600_to_250_percent == 100 * int(((values >= -600) & (values <= -250)).sum()) / values.size
    exact = values.astype(np.float64)
    assert found.mean_hu == pytest.approx(exact.mean(), rel=1e-12)
    assert found.sd_hu == pytest.approx(exact.std(), rel=1e-12)
    aside = exact - exact.mean()
    assert found.skewness == pytest.approx((aside**3).mean() / (aside**2).mean() ** 1.5, rel=1e-9)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 101, 5000])
def test_figures_are_those_that_numpy_gives_for_the_voxels(count: int) -> None:
    rng = np.random.default_rng(count)
    assert_equal_to_numpy(
        np.concatenate([rng.normal(-870, 40, count), rng.uniform(-1024, 300, count)]).astype(np.int16)
    )


def test_figures_of_a_real_lung_are_those_that_numpy_gives(shared: Path) -> None:
    folder = shared / "data/ct/volumes/train"
    volume = read(folder / "images/imlab_id001.nii.gz")
    right = volume.voxels[read_labels(folder / "masks/imlab_id001.nii.gz", grid=volume).labels == 1]
    assert_equal_to_numpy(right)
    bins = histogram(*binned(right))
    assert bins.counts == tuple(np.bincount(right.astype(int) - right.min()).tolist())
    assert bins.first_hu == right.min()


def test_low_and_high_attenuation_include_their_limits() -> None:
    found = density(*binned(np.array([-951, -950, -949, -911, -910, -857, -856, -601, -600, -250, -249])))
    assert found is not None
    # at or below -950: two; -910: five; -856: seven; from -600 to -250: two; of eleven voxels
    assert [found.laa_le_950_percent, found.laa_le_910_percent] == [100 * 2 / 11, 100 * 5 / 11]
    assert [found.laa_le_856_percent, found.haa_600_to_250_percent] == [100 * 7 / 11, 100 * 2 / 11]


def test_full_width_at_half_maximum_of_a_normal_distribution_is_known() -> None:
    # 2.3548 standard deviations of 40 HU: 94.2; averaging over 11 bins widens them to sqrt(40² + 10) HU: 94.5
    values = np.rint(np.random.default_rng(0).normal(-860, 40, 2_000_000)).astype(np.int16)
    found = density(*binned(values))
    assert found is not None
    assert found.fwhm_hu == pytest.approx(94.5, rel=0.02)


def test_one_value_throughout_has_neither_spread_nor_skewness() -> None:
    found = density(*binned(np.full(9, -700)))
    assert found is not None
    assert (found.mean_hu, found.median_hu, found.sd_hu, found.skewness) == (-700.0, -700.0, 0.0, 0.0)
    assert found.fwhm_hu == pytest.approx(11.0)  # as wide as what is averaged over


def test_no_voxel_has_no_figures() -> None:
    assert density(np.zeros(5, np.int64), -1024) is None
    assert histogram(np.zeros(5, np.int64), -1024).counts == ()

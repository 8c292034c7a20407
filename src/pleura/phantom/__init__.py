"""An analytic chest CT whose lungs are known exactly, as an array and as a DICOM series.

Nothing real can be shipped with the package, and nothing real has a true mask: a drawn chest gives the demo, the
tests and the benchmarks a scan of any size with a truth that no reader's hand has touched. It is meant to be
recognised as a chest by a network and by an eye at arm's length, not to replace patients.
"""

from pleura.phantom.dicom import write_dicom
from pleura.phantom.render import Phantom, chest

__all__ = ["Phantom", "chest", "write_dicom"]

"""How far a mask can be trusted, without a reference: the Dice to expect, what stands out, and a verdict.

What the network says of itself costs nothing; what anatomy says of the mask is asked besides, since a network is sure
of much that it gets wrong.
"""

from pleura.quality.assess import assess_quality
from pleura.quality.judge import QualityJudge
from pleura.quality.record import ExpectedDice, Flag, Quality, Verdict, read_quality
from pleura.quality.stated import with_stated_quality

__all__ = [
    "ExpectedDice",
    "Flag",
    "Quality",
    "QualityJudge",
    "Verdict",
    "assess_quality",
    "read_quality",
    "with_stated_quality",
]

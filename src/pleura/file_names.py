"""What the names of files and folders say: the words for image and mask in them, and what is left without those.

People name pairs `image1` and `mask1`, `IMG-1` and `mask_1`, `slice12` and `seg12`, `case-a_ct` and `case-a_lungs`.
What such names share is the key: the name in lower case, without separators and without the words that only say what
kind of file it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_IMAGE = (
    r"(?:images?|imgs?|im|cts?|cxrs?|x?rays?|radiographs?|slices?|scans?|pictures?|pics?|volumes?|orig(?:inal)?s?|org)"
)
_MASK = (
    r"(?:masks?|msks?|seg(?:s|m|mented|mentations?)?|labels?|lbls?|gts?|annot(?:ation)?s?|targets?|"
    r"ground|truths?|manual)"
)
_LUNG = r"lungs?"
_IS_WORD = re.compile(f"(?:{_IMAGE}|{_MASK}|{_LUNG})+")
_AT_ENDS = re.compile(f"^(?:{_IMAGE}|{_MASK})|(?:{_IMAGE}|{_MASK})$")
_SAYS_MASK = re.compile(_MASK)
_SAYS_IMAGE = re.compile(_IMAGE)
_RUNS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PADDING = re.compile(r"(?<!\d)0+(?=\d)")


def tokens(name: str) -> list[str]:
    """Return the runs of letters and of digits of a name, in lower case; a capital after a small letter begins one."""
    return [run.lower() for run in _RUNS.findall(_CAMEL.sub("_", name))]


def is_word(token: str) -> bool:
    """Say whether a token consists of words for an image, a mask or the lungs alone, as "ct" or "lungmask"."""
    return _IS_WORD.fullmatch(token) is not None


def says_mask(words: Iterable[str]) -> bool:
    """Say whether one of some words is one for a mask; "lung" alone may be either."""
    return any(_SAYS_MASK.search(word) for word in words)


def says_image(words: Iterable[str]) -> bool:
    """Say whether one of some words is one for an image."""
    return any(_SAYS_IMAGE.search(word) for word in words)


def joined(kept: Iterable[str]) -> str:
    """Return tokens as one text; numbers that follow each other stay apart, so that 1, 23 is not 12, 3."""
    text = ""
    for token in kept:
        text += f"-{token}" if text[-1:].isdigit() and token[0].isdigit() else token
    return text


def key_of(name: str) -> str:
    """Return what an image and its mask share: the name without separators, case, and words for image and mask."""
    return joined(token for token in tokens(name) if not is_word(token))


def bare_key_of(name: str) -> str:
    """Return `key_of` a name whose words may stand at either end of other letters, as "imagea" and "maska"."""
    return joined(filter(None, (_AT_ENDS.sub("", token) for token in tokens(name) if not is_word(token))))


def without_padding(key: str) -> str:
    """Return a key whose numbers begin with no zero."""
    return _PADDING.sub("", key)

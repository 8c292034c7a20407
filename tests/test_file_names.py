"""What an image and its mask share by name, whatever words people put around it."""

from __future__ import annotations

import pytest

from pleura.file_names import bare_key_of, is_word, joined, key_of, says_image, says_mask, tokens, without_padding


def test_capital_after_a_small_letter_begins_a_word_and_separators_are_none() -> None:
    assert tokens("lungMask_IMG-007 (2)") == ["lung", "mask", "img", "007", "2"]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("image1", "mask1"),
        ("IMG-1", "mask_1"),
        ("slice12", "seg12"),
        ("case-a_ct", "case-a_lungs"),
        ("CXR_patient7", "patient7_groundtruth"),
        ("JSRT-3", "jsrt 3 labels"),
    ],
)
def test_image_and_mask_of_one_scan_have_one_key(image: str, mask: str) -> None:
    assert key_of(image) == key_of(mask) != ""


def test_numbers_that_follow_each_other_stay_apart() -> None:
    assert joined(["1", "23"]) == "1-23"
    assert key_of("image_1_23") != key_of("image_12_3")


def test_words_may_stand_at_either_end_of_other_letters() -> None:
    assert bare_key_of("imagea") == bare_key_of("maska") == "a"


def test_padding_is_no_part_of_a_number() -> None:
    assert without_padding("case007-010") == "case7-10"
    assert without_padding("0") == "0"


def test_words_say_what_a_file_is() -> None:
    assert [is_word(word) for word in ("ct", "lungmask", "patient", "")] == [True, True, False, False]
    assert says_mask(["lung", "segmentation"])
    assert not says_mask(["lung", "ct"])
    assert says_image(["cxr"])
    assert not says_image(["gt"])

"""Text of files made fit to be printed, and numbers with the right plural."""

from __future__ import annotations

from pleura.text import duration, printable, quantity, short_hash


def test_control_characters_are_printed_as_python_writes_them() -> None:
    assert printable("Lünge 1 cm²\x1b[31m\n\u202e\udce9") == "Lünge 1 cm²\\x1b[31m\\n\\u202e\\udce9"


def test_numbers_of_things_agree_with_them() -> None:
    assert [quantity(count, "image") for count in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
    assert [quantity(count, "series was", "series were") for count in (1, 2)] == ["1 series was", "2 series were"]


def test_a_short_hash_is_the_head_of_sha_256() -> None:
    assert short_hash("abc") == "ba7816bf8f01cfea"  # FIPS 180-2, example of "abc"
    assert short_hash("\udce9") != short_hash("\udcea")  # names of files that are no UTF-8


def test_durations_have_the_unit_that_a_person_would_take() -> None:
    assert [duration(seconds) for seconds in (12.4, 89, 91, 3600, 9000)] == [
        "12 seconds",
        "89 seconds",
        "2 minutes",
        "60 minutes",
        "2.5 hours",
    ]

"""Text of files made fit to be printed, and numbers with the right plural."""

from __future__ import annotations

from pleura.text import printable, quantity


def test_control_characters_are_printed_as_python_writes_them() -> None:
    assert printable("Lünge 1 cm²\x1b[31m\n\u202e\udce9") == "Lünge 1 cm²\\x1b[31m\\n\\u202e\\udce9"


def test_numbers_of_things_agree_with_them() -> None:
    assert [quantity(count, "image") for count in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
    assert [quantity(count, "series was", "series were") for count in (1, 2)] == ["1 series was", "2 series were"]

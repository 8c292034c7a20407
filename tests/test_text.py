from __future__ import annotations

from pleura.text import printable


def test_control_characters_are_printed_as_python_writes_them() -> None:
    assert printable("Lünge 1 cm²\x1b[31m\n\u202e\udce9") == "Lünge 1 cm²\\x1b[31m\\n\\u202e\\udce9"

"""Numbers on the command line: whatever is none is refused in one line that names no function."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "given",
    [
        *(f"prepare a b --size {text}" for text in ("inf,inf", "nan,nan", "256", "256,256,1", "a,b", ",")),
        *(f"prepare a b --window={text}" for text in ("-inf,inf", "nan,1", "1")),
        *(f"train --epochs {text}" for text in ("0", "-1", "1.5", "²", "9" * 5000)),
        *(f"batch a b --time-limit {text}" for text in ("0", "inf", "nan", "soon")),
        *(f"batch a b --shard {text}" for text in ("3", "4/3", "0/3", "1/x", "3/16/2")),
        *(f"segment scan --threads {text}" for text in ("0", "two", "²", "9" * 5000)),
    ],
)
def test_what_is_no_number_that_can_be_is_refused(run, given: str) -> None:
    ran = run(*given.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    option, value = given.split()[-2:] if "=" not in given else given.split()[-1].split("=")
    assert ran.err.startswith(f"pleura: error: argument {option}: {value!r} is not ")

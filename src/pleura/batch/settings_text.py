"""How a setting of a batch is said: as the option that gives it."""

from __future__ import annotations

import json


def as_option(key: str, value: str) -> str:
    """Return a setting in words, as "with --to dicom-seg" or "without --preview".

    Parameters
    ----------
    key : of the setting, as the queue keeps it
    value : its text there: JSON of what is no text, nothing where it is not set
    """
    if key in {"version", "format"}:
        return f"by pleura {value}" if key == "version" else f"with a queue of format {value}"
    option = f"--{key.replace('_', '-')}"
    if value in {"", "false", "[]", "null"}:
        return f"without {option}"
    if value == "true":
        return f"with {option}"
    return f"with {option} {','.join(json.loads(value)) if value.startswith('[') else value}"

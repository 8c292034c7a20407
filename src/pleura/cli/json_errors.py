"""Errors for programs that read what is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from pleura.cli.console import say
from pleura.errors import PleuraError


@contextmanager
def errors_as_json(asked: bool, **known: str) -> Iterator[None]:
    """Print an error that ends the work as one JSON object too, with what is known of its scan, where asked for."""
    try:
        yield
    except PleuraError as error:
        if asked:
            from pleura.batch.results import error_data

            say(json.dumps({**known, **error_data(error)}))
        raise

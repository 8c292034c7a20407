"""What is said of scans is asked for in one way by every verb that reads them."""

from __future__ import annotations

from argparse import ArgumentParser

import pytest

from pleura.cli.parser import verb_parser
from pleura.cli.scan_options import add_scan_options
from pleura.conventions import CONVENTIONS, MODALITIES


@pytest.mark.parametrize("verb", ["segment", "evaluate", "prepare"])
def test_verbs_that_read_scans_offer_every_modality_and_convention(verb: str) -> None:
    offered = {action.dest: action.choices for action in verb_parser(verb)._actions if action.choices}
    assert offered["modality"] == MODALITIES
    assert offered["convention"] == CONVENTIONS


def test_without_the_options_a_picture_is_looked_at_and_the_usual_convention_is_meant() -> None:
    parser = ArgumentParser()
    add_scan_options(parser, default="; as stated by default")
    assert vars(parser.parse_args([])) == {"modality": "auto", "convention": ""}
    assert "what masks of radiographs hold; as stated by default" in " ".join(parser.format_help().split())

"""How far the quality of a mask can be trusted: expected against reached Dice, with patients and kinds left out.

    python benchmarks/quality.py WORK                  # run the cases, or take them from WORK, and print the tables
    python benchmarks/quality.py WORK --write          # and write src/pleura/quality/calibration.json anew
    python benchmarks/quality.py WORK --again          # after weights or signals have changed: run the cases again

About 1300 cases of `val` parts and whole scans (`quality_cases.py`), damaged in some twenty ways
(`quality_damage.py`): 20 minutes of one core, and another 2 for the truths that are made once. Everything random
follows from seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from quality_cases import quality_cases
from quality_fit import CT_FAMILIES, RADIOGRAPH_FAMILIES, fit
from quality_report import print_report
from quality_run import Record, load, run_cases, save

from pleura import quality
from pleura.inference.bundle import RADIOGRAPH, Bundle, load_bundle
from pleura.quality.signals import MIRRORED, NAMES

CALIBRATION = Path(quality.__file__).parent / "calibration.json"


def main() -> None:
    """Run the cases where they were not yet, print the tables, and write the calibration where asked for."""
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    path = options.work / "records.jsonl"
    if options.again or not path.exists():
        save(run_cases(quality_cases(options.work / "labels"), options.model), path)
    records = load(path)
    if options.write:
        write(records, [load_bundle(options.model), load_bundle(RADIOGRAPH)])
    print_report(records)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", type=Path, help="folder that keeps truths and what came of the cases")
    parser.add_argument("--model", type=Path, help="bundle for CT in place of the shipped one")
    parser.add_argument("--again", action="store_true", help="run the cases though they were run before")
    parser.add_argument("--write", action="store_true", help="write the calibration that comes with the package")
    return parser.parse_args()


def write(records: Sequence[Record], bundles: Sequence[Bundle]) -> None:
    """Write the calibration by all records, and which networks it is of: exit where others made their masks."""
    if {one.network for one in records if not one.refused} != {one.sha256 for one in bundles}:
        names = " and ".join(f"{one.name} {one.version}" for one in bundles)
        sys.exit(f"the masks are not all by {names}: run the cases again with --again")
    models = [{"name": one.name, "version": one.version, "sha256": one.sha256} for one in bundles]
    modes: dict[str, dict[str, dict[str, object]]] = {"fast": {}, "full": {}}
    for mode, group, part in product(modes, (CT_FAMILIES, RADIOGRAPH_FAMILIES), ("both", "one")):
        here = [one for one in records if one.family in group]
        for family, found in sorted(fit(here, part, NAMES if mode == "fast" else (*NAMES, MIRRORED)).items()):
            modes[mode].setdefault(family, {})[part] = asdict(found)
    text = json.dumps({"made_by": "benchmarks/quality.py", "models": models, **modes}, indent=1)
    CALIBRATION.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Every line of a manifest is one record, whoever wrote it; one that is none is an error with its number."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pleura.datasets.manifest import (
    Record,
    is_dataset,
    manifest_hash,
    parse_record,
    read_manifest,
    read_sources,
    write_manifest,
)
from pleura.errors import PleuraError

RECORD = Record(
    id="0a",
    patient="p",
    split="val",
    image="images/0a.tif",
    mask="masks/0a.png",
    shape=(512, 512),
    spacing=(0.7, 0.7),
    kind="hu",
    sides=False,
    sha256="1",
    source_sha256="2",
    pixels="3",
    notes=("mask-cut",),
    volume="0",
    index=4,
    finding="Lung Opacity",
)


def write(folder: Path, *lines: Any) -> Path:
    text = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "manifest.jsonl").write_text("\n".join(text), encoding="utf-8")
    return folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    bare = Record(id="1b", patient="q", split="train", image="images/1b.png")
    write_manifest(tmp_path, [RECORD, bare])
    assert read_manifest(tmp_path) == (RECORD, bare)
    assert is_dataset(tmp_path)


def test_a_line_leaves_out_what_does_not_apply() -> None:
    fields = json.loads(Record(id="1b", image="images/1b.png", kind="windowed").line())
    assert fields["mask"] is None
    assert fields["spacing"] is None
    assert fields["hu"] is False
    assert not {"volume", "index", "finding"} & fields.keys()


def test_records_of_others_need_id_split_and_image_alone(tmp_path: Path) -> None:
    write(tmp_path, {"id": 7, "split": "unlabelled", "image": "a.png", "licence": "CC BY 4.0"}, "")
    (record,) = read_manifest(tmp_path)
    assert record == Record(id="7", patient="7", split="unlabelled", image="a.png")  # an image is a patient of its own
    assert record.sides


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"hu": True}, "hu"),
        ({"hu": False}, "windowed"),
        ({"kind": "radiograph", "hu": False}, "radiograph"),
        ({}, ""),
    ],
)
def test_the_kind_of_values_is_stated_by_kind_or_by_hu(fields: dict[str, object], kind: str) -> None:
    record = parse_record(json.dumps({"image": "a.png", **fields}))
    assert record.kind == kind
    assert record.hu == (kind == "hu")


@pytest.mark.parametrize(
    "line",
    [
        "[1]",
        "{",
        "[" * 100_000,
        {"id": "a", "split": "val"},
        {"id": "a", "split": "val", "image": 5},
        {"id": "a", "split": "val", "image": "a.png", "mask": ["b.png"]},
        {"id": "a", "split": "val", "image": "a.png", "spacing": [1, "x"]},
        {"id": "a", "split": "val", "image": "a.png", "spacing": [1, -1]},
        {"id": "a", "split": "val", "image": "a.png", "spacing": 1},
        {"id": "a", "split": "val", "image": "a.png", "kind": "ultrasound"},
        {"id": "a", "split": "val", "image": "a.png", "index": "last"},
        {"split": "val", "image": "a.png"},
        {"id": "a", "image": "a.png"},
    ],
)
def test_a_line_that_is_no_record_is_named_by_its_number(tmp_path: Path, line: object) -> None:
    write(tmp_path, {"id": "a", "split": "val", "image": "a.png"}, "", line)
    with pytest.raises(PleuraError, match="line 3: ") as caught:
        read_manifest(tmp_path)
    assert caught.value.code == "bad-manifest"


def test_a_folder_without_manifest_is_no_data_set(tmp_path: Path) -> None:
    assert not is_dataset(tmp_path)
    for read in (read_manifest, lambda folder: manifest_hash([folder])):
        with pytest.raises(PleuraError) as caught:
            read(tmp_path)
        assert caught.value.code == "no-manifest"


def test_the_hash_of_several_manifests_is_that_of_their_bytes_one_after_another(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        write(folder, folder.name)
    assert manifest_hash(folders) == hashlib.sha256(b"ab").hexdigest()


def test_sources_are_known_where_the_report_says_them(tmp_path: Path) -> None:
    assert read_sources(tmp_path) == {}
    (tmp_path / "report.json").write_text('{"sources": {"0a": "images/p1"}}')
    assert read_sources(tmp_path) == {"0a": "images/p1"}
    (tmp_path / "report.json").write_text('{"sources": 5}')
    assert read_sources(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hu", "no"),
        ("sides", "false"),
        ("sides", [1]),
        ("kind", "xray"),
        ("spacing", [0, 1]),
        ("spacing", "ab"),
        ("shape", 5),
        ("index", "x"),
        ("notes", 5),
        ("mask", 5),
    ],
)
def test_a_field_of_a_wrong_value_is_named_with_its_line(tmp_path: Path, name: str, value: object) -> None:
    write(tmp_path, {"id": "a", "split": "val", "image": "a.png", name: value})
    with pytest.raises(PleuraError, match=f"line 1: its field {name} has") as caught:
        read_manifest(tmp_path)
    assert caught.value.code == "bad-manifest"


@pytest.mark.parametrize("path", ["/etc/a.png", "../a.png", "images/../../a.png", "C:\\a.png", "..\\a.png", "C:/a.png"])
@pytest.mark.parametrize("field", ["image", "mask"])
def test_a_path_that_may_lead_out_of_the_data_set_is_named_with_its_line(tmp_path: Path, field: str, path: str) -> None:
    write(tmp_path, {"id": "a", "split": "val", "image": "a.png", field: path})
    with pytest.raises(PleuraError) as caught:
        read_manifest(tmp_path)
    assert f"line 1: {path} is no path below the data set" in str(caught.value)
    assert caught.value.code == "bad-manifest"


@pytest.mark.parametrize("path", ["images/a..png", "./a.png", "images/..a/b.png"])
def test_a_path_below_the_data_set_may_look_odd(tmp_path: Path, path: str) -> None:
    write(tmp_path, {"id": "a", "split": "val", "image": path})
    assert read_manifest(tmp_path)[0].image == path


def test_two_lines_of_one_id_are_refused_with_both_numbers(tmp_path: Path) -> None:
    write(tmp_path, *({"id": name, "split": "val", "image": f"{name}.png"} for name in "abca"))
    with pytest.raises(PleuraError, match="line 4: it has the id of line 1"):
        read_manifest(tmp_path)


def test_a_byte_order_mark_as_editors_write_it_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    write(tmp_path, "\ufeff" + json.dumps({"id": "a", "split": "val", "image": "a.png"}))
    assert [record.id for record in read_manifest(tmp_path)] == ["a"]

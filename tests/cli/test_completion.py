"""Completion by bash, zsh and fish, from the parsers themselves."""

from __future__ import annotations

import subprocess

import pytest

from pleura.cli.app import VERBS


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (["pleura", "se"], "segment"),
        (["pleura", "segment", "scan", "--mo"], "--modality --model"),
        (["pleura", "segment", "--modality", ""], "auto ct cr"),
        (["pleura", "segment", "--device", "c"], "cpu cuda"),
        (["pleura", "export", "run", "model", "--precision", "fp"], "fp32 fp16"),
        (["pleura", "completion", ""], "bash zsh fish"),
        (["pleura", "segment", "sc"], ""),  # bash goes on with file names
        (["pleura", "segment", "-o", "ma"], ""),
    ],
)
def test_bash_offers_verbs_options_and_values(run, line: list[str], offered: str) -> None:
    words = " ".join(f"'{word}'" for word in line)
    script = run("completion", "bash").out + (
        f'COMP_WORDS=({words}); COMP_CWORD={len(line) - 1}; _pleura; echo "${{COMPREPLY[*]}}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (offered, "")


def test_zsh_runs_the_script_of_bash(run) -> None:
    head, script = run("completion", "zsh").out.split("_pleura()", 1)
    assert "bashcompinit" in head
    assert run("completion", "bash").out == f"_pleura(){script}"


def test_fish_learns_every_verb_every_option_and_its_values(run) -> None:
    lines = run("completion", "fish").out.splitlines()
    assert [verb for verb in VERBS if not any(f" -a {verb} " in line for line in lines)] == []
    segment = "complete -c pleura -n '__fish_seen_subcommand_from segment'"
    assert f"{segment} -l modality -x -a 'auto ct cr' -d 'what pictures show'" in lines
    words = "write a picture of the result beside the mask; done for one scan on a terminal"
    assert f"{segment} -l preview -l no-preview -d '{words}'" in lines
    assert any(line.startswith(f"{segment} -s o -l output -r ") for line in lines)  # takes a value: a file name


def test_another_shell_is_refused_with_the_known_ones(run) -> None:
    ran = run("completion", "tcsh")
    assert ran.code == 2
    assert "bash" in ran.err

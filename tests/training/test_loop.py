"""A run learns by steps of the right size, and goes on after a stop as if there had been none."""

from __future__ import annotations

import dataclasses
import signal
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn_slices import small_config as config
from safetensors.torch import load_file

from pleura.training.config import TrainingConfig, preset
from pleura.training.distributed import Distributed
from pleura.training.logger import rows
from pleura.training.loop import learning_rate, train


def test_stopped_run_goes_on_to_the_same_weights(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.use_deterministic_algorithms(True)
    train(config(data, 4), tmp_path / "whole")
    run = tmp_path / "halves"
    _stop_after_validation(config(data, 4), run, monkeypatch)
    train(config(data, 4), run)
    torch.use_deterministic_algorithms(False)
    whole, halves = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    assert [row["step"] for row in rows(run / "log.jsonl")] == [1, 2, 3, 4]


def test_run_that_is_interrupted_within_a_step_loses_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C comes in the third step of six, after the only validation so far: the run goes on with the fourth."""
    from pleura.training import loop

    torch.use_deterministic_algorithms(True)
    train(config(data, 6), tmp_path / "whole")
    run, note = tmp_path / "broken", loop.RunLogger.note_loss

    def note_and_interrupt(logger: loop.RunLogger, step: int, loss: float) -> None:
        if step == 3:
            signal.raise_signal(signal.SIGINT)
        note(logger, step, loss)

    monkeypatch.setattr(loop.RunLogger, "note_loss", note_and_interrupt)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(config(data, 6), run)
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr(loop.RunLogger, "note_loss", note)
    steps: list[int] = []
    train(config(data, 6), run, lambda progress, _config, doing: None if doing else steps.append(progress.step))
    torch.use_deterministic_algorithms(False)
    assert steps == [4, 5, 6]
    whole, broken = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)


def _stop_after_validation(settings: TrainingConfig, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `settings` and break off, as a kill would, when the first validation has been kept."""
    from pleura.training import loop

    save = loop.save_checkpoint

    class Stopped(Exception):
        pass

    def save_and_stop(*arguments: Any) -> None:
        save(*arguments)
        raise Stopped

    monkeypatch.setattr(loop, "save_checkpoint", save_and_stop)
    with pytest.raises(Stopped):
        train(settings, run)
    monkeypatch.undo()


def test_gradients_are_clipped_but_not_where_the_plain_recipe_is_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clipped = []
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda _parameters, norm: clipped.append(norm))
    train(preset("notebook", data=str(data / "drawn"), epochs=1), tmp_path / "plain")
    assert clipped == []
    train(config(data, 2), tmp_path / "ours")
    assert clipped == [1.0, 1.0]


def test_accumulated_parts_take_the_step_of_the_whole_batch(data: Path, tmp_path: Path) -> None:
    # without batch normalisation, and with a loss that is a mean over pixels, parts and whole are the same
    for name, parts in (("whole", 1), ("parts", 2)):
        settings = preset("notebook", data=str(data / "drawn"), epochs=1, precision="float32", accumulate=parts)
        train(settings, tmp_path / name)
    whole, parted = (load_file(tmp_path / name / "best.safetensors") for name in ("whole", "parts"))
    assert all(torch.allclose(whole[name], parted[name], atol=2e-5) for name in whole)


def test_rate_rises_then_falls_to_a_hundredth() -> None:
    settings = TrainingConfig(data="", weights={}, learning_rate=1.0, warmup=10, steps=110)
    assert learning_rate(0, settings) == pytest.approx(0.1)
    assert learning_rate(9, settings) == pytest.approx(1.0)
    assert learning_rate(60, settings) == pytest.approx(0.505)
    assert learning_rate(110, settings) == pytest.approx(0.01)


def test_gradients_are_averaged_over_processes_with_the_last_part_of_each_batch(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, averaging = [], Distributed.averaging

    def note(self: Distributed, network: torch.nn.Module, *, last: bool) -> AbstractContextManager[object]:
        said.append(last)
        return averaging(self, network, last=last)

    monkeypatch.setattr(Distributed, "averaging", note)
    train(dataclasses.replace(config(data, 2), accumulate=2), tmp_path / "run")
    assert said == [False, True] * 2

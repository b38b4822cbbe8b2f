"""What trial imports found is remembered for the same libraries, and nothing else is."""

import os
from pathlib import Path

import pytest

from course_kit.execution.trials import PLACE, Trials

NAMES = ["json", "json.decoder"]
FOUND = {"json": {"modules": ["json", "json.scanner"]}, "json.decoder": {"modules": [], ":json": ["re"]}}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache" / "imports.json"
    monkeypatch.setenv(PLACE, str(place))
    return place


def again(place: Path) -> Trials:
    os.environ[PLACE] = str(place)
    return Trials()


def test_it_is_remembered_and_the_environment_is_clean(place: Path) -> None:
    trials = Trials()
    assert PLACE not in os.environ
    assert trials.get(NAMES) is None
    trials.put(NAMES, FOUND)
    trials.save()
    assert again(place).get(NAMES) == FOUND
    assert again(place).get(["json"]) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 1, "trials": []}', '{"version": 9, "trials": {}}'])
def test_what_is_damaged_counts_as_nothing(place: Path, text: str) -> None:
    place.parent.mkdir()
    place.write_text(text)
    assert Trials().get(NAMES) is None


def test_wrong_types_count_as_nothing(place: Path) -> None:
    trials = Trials()
    trials.put(NAMES, {"json": {"modules": [1]}, "json.decoder": {"modules": []}})  # type: ignore[dict-item, list-item]
    trials.save()
    assert again(place).get(NAMES) is None


def test_without_a_place_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    trials = Trials()
    trials.put(NAMES, FOUND)
    trials.save()
    assert Trials().get(NAMES) is None

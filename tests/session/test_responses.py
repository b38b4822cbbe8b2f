"""``responses.json``: no answer that was acknowledged is lost, whatever happens beside it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Unavailable, WrongVersion
from course_kit.session.responses import GivenResponse, ResponsesFile

GIVEN = GivenResponse(digest="d", response="5", at="2026-11-22T12:00:00.000000Z", count=1)


def written(folder: Path) -> Any:
    return json.loads((folder / "responses.json").read_text())


def test_the_file_holds_the_last_response_to_each_item(tmp_path: Path) -> None:
    file = ResponsesFile(tmp_path)
    file.seed = "ab" * 16
    file.put("q/a", GIVEN)
    file.put("q/b", GivenResponse(digest="e", variant=2, response=[1, 2], confidence=3, at="later", count=1))
    assert file.put("q/a", GivenResponse(digest="d", response="6", at="later", count=1)).count == 2
    assert written(tmp_path) == {
        "version": 1,
        "seed": "ab" * 16,
        "responses": {
            "q/a": {"digest": "d", "variant": 0, "response": "6", "confidence": None, "at": "later", "count": 2},
            "q/b": {"digest": "e", "variant": 2, "response": [1, 2], "confidence": 3, "at": "later", "count": 1},
        },
    }
    again = ResponsesFile(tmp_path)
    assert (again.given, again.seed) == (file.given, "ab" * 16)


def test_two_files_open_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two kernels, each of which read the file before the other wrote."""
    one, two = ResponsesFile(tmp_path), ResponsesFile(tmp_path)
    one.put("q/a", GIVEN)
    two.put("q/b", GIVEN)
    one.put("q/c", GIVEN)
    assert sorted(written(tmp_path)["responses"]) == ["q/a", "q/b", "q/c"]
    assert two.put("q/a", GIVEN).count == 2


def test_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    files = [ResponsesFile(tmp_path), ResponsesFile(tmp_path)]
    threads = [
        threading.Thread(target=lambda n=n: [files[n % 2].put(f"q/{n}-{k}", GIVEN) for k in range(10)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written(tmp_path)["responses"]) == 40


def test_another_variant_or_wording_is_counted_anew(tmp_path: Path) -> None:
    file = ResponsesFile(tmp_path)
    file.put("q/a", GIVEN)
    assert file.put("q/a", GivenResponse(digest="d", variant=1, response="7", count=1)).count == 1
    assert file.put("q/a", GivenResponse(digest="e", variant=1, response="7", count=1)).count == 1


def test_a_file_that_was_deleted_is_written_again_whole(tmp_path: Path) -> None:
    file = ResponsesFile(tmp_path)
    file.put("q/a", GIVEN)
    (tmp_path / "responses.json").unlink()
    file.put("q/b", GIVEN)
    assert sorted(written(tmp_path)["responses"]) == ["q/a", "q/b"]


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"version": 0}', '{"version": "1"}', "[" * 100_000])
def test_a_damaged_file_is_kept_beside(tmp_path: Path, text: str) -> None:
    (tmp_path / "responses.json").write_text(text)
    file = ResponsesFile(tmp_path)
    assert file.given == {}
    file.put("q/a", GIVEN)
    assert list(written(tmp_path)["responses"]) == ["q/a"]
    (kept,) = tmp_path.glob("responses (damaged *).json")
    assert kept.read_text() == text


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    file = ResponsesFile(tmp_path)
    (tmp_path / "responses.json").write_text('{"version": 2}')
    with pytest.raises(WrongVersion, match="has version 2; this course-kit reads version 1"):
        file.put("q/a", GIVEN)
    with pytest.raises(WrongVersion):
        ResponsesFile(tmp_path)
    assert (tmp_path / "responses.json").read_text() == '{"version": 2}'


def test_odd_entries_are_passed_over(tmp_path: Path) -> None:
    entries: dict[str, Any] = {
        "q/a": {"digest": 3, "variant": -1, "response": {"deep": 1}, "confidence": 9, "at": 5, "count": True},
        "q/b": "text",
        "q/c": {"digest": "d", "response": "x" * 20_000, "count": 2**40},
    }
    (tmp_path / "responses.json").write_text(json.dumps({"version": 1, "seed": 5, "responses": entries}))
    file = ResponsesFile(tmp_path)
    assert file.given == {"q/a": GivenResponse(digest=""), "q/c": GivenResponse(digest="d")}
    assert file.seed == ""


def test_half_a_surrogate_pair_can_be_written(tmp_path: Path) -> None:
    ResponsesFile(tmp_path).put("q/a", GivenResponse(digest="d", response=["\ud83d", "é"], count=1))
    assert written(tmp_path)["responses"]["q/a"]["response"] == ["?", "é"]


def test_what_the_disk_refuses_is_told_and_can_be_put_again(tmp_path: Path) -> None:
    file = ResponsesFile(tmp_path)
    file.put("q/a", GIVEN)
    (tmp_path / "responses.json").rename(tmp_path / "kept")
    (tmp_path / "responses.json").mkdir()
    with pytest.raises(Unavailable, match=r"could not be written to responses\.json") as caught:
        file.put("q/b", GIVEN)
    assert "still on this page" in caught.value.hint
    assert list(file.given) == ["q/a"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
    (tmp_path / "responses.json").rmdir()
    file.put("q/b", GIVEN)
    assert sorted(written(tmp_path)["responses"]) == ["q/a", "q/b"]


def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    """As a person without privileges: root may write everywhere."""
    folder = tmp_path / "assignment"
    folder.mkdir()
    code = (
        "from course_kit.session.responses import *; from course_kit.errors import Unavailable; import os\n"
        f"os.chdir({str(folder)!r}); file = ResponsesFile(Path('.'))\n"
        "if os.geteuid() == 0: os.setresuid(65534, 65534, 65534)\n"
        "else: os.chmod('.', 0o555)\n"
        "try: file.put('q/a', GivenResponse(digest='d'))\n"
        "except Unavailable as error: print(error.message)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    folder.chmod(0o755)
    assert said.stdout.startswith("Your answer could not be written to responses.json: ")
    assert "Permission denied" in said.stdout


HAMMER = """
import itertools, sys
from pathlib import Path
from course_kit.session.responses import GivenResponse, ResponsesFile
name, file = sys.argv[1], ResponsesFile(Path(sys.argv[2]))
for number in itertools.count():
    file.put(f"q/{name}{number}", GivenResponse(digest="d", response=str(number), count=1))
    print(number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_and_two_processes_lose_no_acknowledged_answer(tmp_path: Path) -> None:
    for round_number in range(3):
        names = [f"{letter}{round_number}-" for letter in "ab"]
        both = [
            subprocess.Popen(
                [sys.executable, "-c", HAMMER, name, str(tmp_path)], stdout=subprocess.PIPE, text=True, bufsize=1
            )
            for name in names
        ]
        streams = [process.stdout for process in both]
        said = [[stream.readline() for _ in range(15)] for stream in streams if stream is not None]
        for process in both:
            os.kill(process.pid, signal.SIGKILL)
        rest = [process.communicate()[0] for process in both]
        kept = written(tmp_path)["responses"]
        for name, lines, more in zip(names, said, rest, strict=True):
            acknowledged = [int(line) for line in [*lines, *more.splitlines(keepends=True)] if line.endswith("\n")]
            assert all(kept[f"q/{name}{number}"]["response"] == str(number) for number in acknowledged)
    file = ResponsesFile(tmp_path)
    file.put("q/last", GIVEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".responses.lock", "responses.json"]

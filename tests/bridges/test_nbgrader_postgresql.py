"""A gradebook in PostgreSQL: the same operations, the same results."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_kit.bridges.nbgrader.client import Worker

pytestmark = pytest.mark.slow


def programs() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places or not (places[-1] / "initdb").exists():
        pytest.skip("PostgreSQL's server (initdb) is not installed here")
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed here: pip install 'course-kit[hub]'")
    return places[-1]


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on a socket in a temporary folder; it refuses to run as root."""
    bin_folder = programs()
    folder = tmp_path_factory.mktemp("pg")
    as_whom: dict[str, Any] = {}
    if os.getuid() == 0:
        as_whom = {"user": "nobody", "group": os.stat(folder).st_gid, "extra_groups": []}  # noqa: PTH116
        for place in (folder, *folder.parents):
            if place.stat().st_uid == 0 and place != Path("/") and str(place).startswith("/tmp/"):  # noqa: S108
                place.chmod(place.stat().st_mode | 0o011)
        shutil.chown(folder, "nobody")
    data = folder / "data"
    run: dict[str, Any] = {"check": True, "capture_output": True, "cwd": folder, **as_whom}
    subprocess.run([str(bin_folder / "initdb"), "-D", str(data), "-U", "grader", "-A", "trust", "-N"], **run)
    control = [str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    settings = f"-c listen_addresses='' -k {folder} -F"
    try:
        subprocess.run([*control, "-o", settings, "start"], **{**run, "capture_output": False, "stdout": 2})
        yield f"postgresql+psycopg://grader@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **{**run, "check": False})


def test_the_same_in_postgresql(course: Any, make: SimpleNamespace, database: str, tmp_path: Path) -> None:
    other = make.Course(make.write_source(tmp_path / "other", make.source_cells()))
    # nbgrader itself needs a course id where foreign keys are checked
    config = f"c = get_config()\nc.CourseDirectory.course_id = 'sums'\nc.CourseDirectory.db_url = {database!r}\n"
    (other.root / "nbgrader_config.py").write_text(config)
    found = []
    with other.worker:
        for one in (course, other):
            assert [one.publish(), one.publish()] == ["added", "unchanged"]
            one.put("ada", make.handed_in(one.source))
            one.put("bob", make.handed_in(one.source))
            rows = [one.record("ada"), one.record("bob", make.handed_in(one.source, {"test-more": [make.error()]}))]
            extra = [*make.source_cells()[:4], make.source_cells()[3]]
            extra[4].metadata.nbgrader.update(grade_id="test-new", points=1)
            make.write_source(one.root, extra)
            rows.append(one.publish())
            rows.append(one.worker.call("apply_cells", assignment="ps1"))
            rows.append(one.sanitize("ada")["notebooks"])
            rows.append(one.worker.call("scores", assignment="ps1"))
            found.append(rows)
    assert found[0] == found[1]
    assert [found[0][0]["score"], found[0][1]["score"], found[0][2]] == [5.0, 3.0, "kept"]
    assert not (other.root / "gradebook.db").exists()

    trial = tmp_path / "trial.db"
    with other.worker:
        other.worker.call("trial_gradebook", assignment="ps1", path=str(trial))
    with Worker(other.root, log=other.root / "log", database=trial) as worker:
        assert worker.call("scores", assignment="ps1") == found[1][-1]

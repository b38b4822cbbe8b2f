"""From author through two computers and a collected download to feedback and report, by the commands alone."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from worlds import Instructor, Learner

from course_kit.session.quizzes import open_quiz

pytestmark = pytest.mark.slow
RECORDED = {"COURSE_KIT_RECORD": "1"}


def answer_everything(learner: Learner) -> int:
    """Answer each quiz of each lesson rightly, as the widget would; how many items there were."""
    outline = json.loads((learner.copy / "release.json").read_text())["course"]
    answered = 0
    for lesson in (lesson for unit in outline["units"] for lesson in unit["lessons"]):
        for quiz in dict.fromkeys(item.partition("/")[0] for item in lesson["items"]):
            place = (learner.copy / lesson["path"]).parent
            session = open_quiz(f"{lesson['key']}/{quiz}", cwd=place, environ=RECORDED, data=learner.data)
            for item in session.items:
                assert session.answer(item.key, session.item(item.key).reference_response()).state == "right"
                answered += 1
    return answered


def solve(instructor: Instructor, learner: Learner) -> Path:
    """Put the reference solution into the learner's copy of the one assignment."""
    notebook = next((learner.copy / "assignments").glob("*/*.ipynb"))
    reference = next((instructor.course / "autograders" / "source").glob("*/*.ipynb"))
    solutions = {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in json.loads(reference.read_text())["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    work = json.loads(notebook.read_text())
    for cell in work["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = solutions[cell["metadata"]["nbgrader"]["grade_id"]]
    notebook.write_text(json.dumps(work))
    return notebook


def test_a_course_goes_round(tmp_path: Path) -> None:
    teacher = Instructor(tmp_path / "teacher")
    teacher.runs("init", teacher.course, "--title", "Small course")
    release = teacher.builds()
    with zipfile.ZipFile(release) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"HIDDEN TESTS" not in everything
    assert b"BEGIN SOLUTION" not in everything

    ada, laptop, bob = (Learner(tmp_path / name) for name in ("ada", "ada-laptop", "bob"))
    drive = tmp_path / "drive"
    drive.mkdir()
    for learner in (ada, laptop, bob):
        learner.opens(release)

    answered = answer_everything(ada)
    assert answered >= 5
    assert ada.progress()["units"][0]["lessons"][0]["state"] == "done"
    assert laptop.progress()["units"][0]["lessons"][0]["state"] == "open"
    for learner in (ada, laptop, ada):
        learner.runs("sync", drive)
    assert laptop.progress()["units"][0]["lessons"][0]["state"] == "done"

    assignment = json.loads((laptop.copy / "release.json").read_text())["course"]["units"][0]["assignments"][0]["key"]
    solve(teacher, laptop)
    checked = laptop.runs("check-work", assignment, "--folder", laptop.copy, "--json").json
    assert (checked["passed"], checked["problems"]) == (checked["tests"], [])
    handed_in = laptop.submits(assignment, "--id", "ada", "--name", "Ada Lovelace", "--email", "ada@example.org")
    bobs = bob.submits(assignment, "--id", "bob", "--no-events")

    roster = "learner,name,email,lms_id,cohort\nada,Ada Lovelace,ada@example.org,11,\nbob,Bob,,12,\ncem,Cem,,13,\n"
    (teacher.course / "roster.csv").write_text(roster)
    download = tmp_path / "download.zip"
    with zipfile.ZipFile(download, "w") as archive:
        archive.write(handed_in, f"Ada Lovelace_11_assignsubmission_file_/{handed_in.name}")
        archive.write(bobs, f"Bob_12_assignsubmission_file_/{bobs.name}")
        archive.writestr("Eve_99_assignsubmission_file_/x.ipynb", "{}")
    collected = teacher.runs("collect", download, "--course", teacher.course, "--json").json
    assert sorted(one["learner"] for one in collected["placed"]) == ["ada", "bob"]
    assert [Path(one["file"]).name for one in collected["unmatched"]] == ["x.ipynb"]

    graded = teacher.runs("grade", assignment, "--course", teacher.course, "--json").json["submissions"]
    scores = {one["learner"]: one for one in graded}
    assert scores["ada"]["score"] == scores["ada"]["max_score"] > 0
    assert scores["bob"]["score"] == 0
    again = teacher.runs("grade", assignment, "--course", teacher.course, "--json").json["submissions"]
    assert {one["learner"]: one["score"] for one in again} == {name: one["score"] for name, one in scores.items()}

    posted = teacher.runs("publish", assignment, "--course", teacher.course, "--json").json["scores"]
    assert [one["new"] for one in posted] == [True, True]
    assert not any(o["new"] for o in teacher.runs("publish", "--course", teacher.course, "--json").json["scores"])
    files = teacher.runs("feedback", assignment, "--course", teacher.course, "--json").json["files"]
    feedback = {one["learner"]: Path(one["file"]) for one in files}
    shown = laptop.runs("open", feedback["ada"], "--no-lab", "--json").json
    assert shown["score"] == scores["ada"]["score"]
    assert "somebody else's feedback" in bob.runs("open", feedback["ada"], "--no-lab", fails=True).err
    seen = laptop.progress()["units"][0]["assignments"][0]
    assert (seen["score"], len(seen["feedback"])) == (scores["ada"]["score"], 1)

    report = teacher.runs("report", "--course", teacher.course, "--json").json
    assert Path(report["page"]) == teacher.course / ".course-kit" / "report.html"
    assert Path(report["page"]).read_text(encoding="utf-8").count("Ada Lovelace") > 0
    rows = {row["learner"]: row for row in report["learners"]}
    assert set(rows) == {"ada", "bob", "cem"}


def test_a_newer_release_takes_nothing_from_a_learner(tmp_path: Path) -> None:
    teacher, ada = Instructor(tmp_path / "teacher"), Learner(tmp_path / "ada")
    teacher.runs("init", teacher.course)
    first = teacher.builds()
    ada.opens(first)
    lesson = next((ada.copy / "notebooks").glob("*.ipynb"))
    mine = json.loads(lesson.read_text())
    code = next(
        cell for cell in mine["cells"] if cell["cell_type"] == "code" and "quiz(" not in "".join(cell["source"])
    )
    code["source"] = "# my own thought\n1 + 1"
    lesson.write_text(json.dumps(mine))

    source = next((teacher.course / "notebooks").glob("*.ipynb"))
    theirs = json.loads(source.read_text())
    text = next(cell for cell in theirs["cells"] if cell["cell_type"] == "markdown")
    text["source"] = [*text["source"], "\n\nA new paragraph."]
    source.write_text(json.dumps(theirs))
    built = teacher.runs("build", teacher.course, "--since", first.parent.name, "--json").json
    assert [change["kind"] for change in built["changes"]] == ["text"]

    opened = ada.runs("open", built["archive"], "--to", ada.copy, "--no-lab", "--json").json
    assert (len(opened["kept"]), len(opened["conflicts"])) == (1, 1)
    assert "my own thought" in lesson.read_text()
    assert "A new paragraph" not in lesson.read_text()
    ada.runs("bring-over", lesson)
    assert "my own thought" in lesson.read_text()
    assert "A new paragraph" in lesson.read_text()


def test_a_spoilt_release_changes_nothing(tmp_path: Path) -> None:
    teacher, ada = Instructor(tmp_path / "teacher"), Learner(tmp_path / "ada")
    teacher.runs("init", teacher.course)
    release = teacher.builds()
    ada.opens(release)
    before = {path: path.read_bytes() for path in ada.copy.rglob("*") if path.is_file()}
    short = tmp_path / "short.course.zip"
    short.write_bytes(release.read_bytes()[:-200])
    assert "damaged or cut short" in ada.runs("open", short, "--to", ada.copy, "--no-lab", fails=True).err
    newer = tmp_path / "newer.course.zip"
    with zipfile.ZipFile(release) as archive, zipfile.ZipFile(newer, "w") as out:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "release.json":
                content = json.dumps({**json.loads(content), "version": 2}).encode()
            out.writestr(name, content)
    said = ada.runs("open", newer, "--to", ada.copy, "--no-lab", fails=True).err
    assert "version 2" in said
    assert "pip install --upgrade" in said
    assert {path: path.read_bytes() for path in ada.copy.rglob("*") if path.is_file()} == before


def test_an_nbgrader_course_is_wrapped_where_it_stands(tmp_path: Path) -> None:
    teacher = Instructor(tmp_path / "teacher")
    teacher.runs("init", teacher.course)
    plain = tmp_path / "nbgrader-course"
    shutil.copytree(teacher.course / "autograders" / "source", plain / "source")
    (plain / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "stats"\n')
    before = sorted(path.relative_to(plain) for path in plain.rglob("*"))
    teacher.runs("init", "--from", plain)
    made = [Path(".gitignore"), Path("course.yml")]
    assert sorted(p.relative_to(plain) for p in plain.rglob("*")) == sorted([*before, *made])
    assert teacher.runs("check", plain, "--json").json["errors"] == 0

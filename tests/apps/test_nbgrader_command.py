"""``course-kit nbgrader``: what it says of a course-kit course, whose limits nbgrader is to keep, too."""

import pytest
from worlds import Author

pytestmark = pytest.mark.slow


def test_limits_of_course_yml_reach_nbgrader_and_status_says_when_they_changed(tmp_path):
    author = Author(tmp_path)
    author.runs("init", author.course)
    course_yml = author.course / "course.yml"

    def runs(name, *more):
        return author.runs("nbgrader", name, "--course", author.course, *more)

    assert runs("status", "--json").json["courses"][0]["state"] == "disabled"
    assert "Enabled in " in runs("enable").out
    (one,) = runs("status", "--json").json["courses"]
    assert (one["state"], one["outdated"]) == ("enabled", False)

    text = course_yml.read_text()
    (line,) = (line for line in text.splitlines() if line.strip().startswith(("source:", "- source:")))
    indent = " " * (len(line) - len(line.lstrip(" -")))
    course_yml.write_text(text.replace(line, f"{line}\n{indent}limits: {{memory: 3 GB}}"))

    said = runs("status").out
    assert "Enabled in " in said
    assert "nbgrader grades with other limits than course.yml has by now." in said
    assert f"nbgrader enable --course {author.course}" in said
    assert "Enabled in " in runs("enable").out
    assert "3 GB" in (author.course / one["config"]).read_text()
    assert "other limits" not in runs("status").out
    assert "Already enabled in " in runs("enable").out
    assert "Disabled in " in runs("disable").out

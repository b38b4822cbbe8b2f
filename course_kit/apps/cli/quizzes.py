"""``quiz``: preview, import, templates."""

import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from course_kit.apps.cli.author import show_findings
from course_kit.apps.cli.output import counted, print_json, print_table, say, short_path, typed
from course_kit.errors import Invalid, NotFound, Refused

if TYPE_CHECKING:
    from course_kit.quizzes.imports.questions import Imported, Loss

_FORMATS = ("jupyterquiz", "gift", "moodle-xml")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("quiz")
def quiz_command() -> None:
    """Look at quizzes, bring in questions from elsewhere, begin new ones.

    \b
    Examples:
      course-kit quiz preview notebooks/02-frames.ipynb
      course-kit quiz import questions.xml --notebook questions.ipynb
      course-kit quiz templates parsons
    """


# ---------------------------------------------------------------- preview


@quiz_command.command("preview")
@click.argument("file", type=_FILE)
@click.option("--cell", "key", default=None, metavar="KEY", help="Only the quiz of this key.")
@click.option("--answers", is_flag=True, help="With the answers, remarks, hints, explanations and every variant.")
@click.option("--out", type=_FILE, default=None, help="Write a page (HTML, one file) instead of printing text.")
@click.option("--open", "open_page", is_flag=True, help="Show the page in the browser.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def preview_command(
    file: Path, key: str | None, answers: bool, out: Path | None, open_page: bool, as_json: bool
) -> None:
    """Show the quizzes of FILE, a notebook or a text file with `%%quiz` cells, as learners meet them.

    What is wrong is said with its place, as `check` says it; ends with status 1 if there is an error.

    \b
    Examples:
      course-kit quiz preview notebooks/02-frames.ipynb
      course-kit quiz preview notebooks/02-frames.ipynb --cell robust --answers
      course-kit quiz preview questions.md --answers --out questions.html --open
    """
    from course_kit.apps.quiz_page import as_page, as_text, read_quizzes

    shown = read_quizzes(file, key)
    count = sum(len(quiz.items) for quiz in shown.quizzes)
    page = _page_place(out, open_page)
    if page is not None:
        _write_page(page, as_page(shown, answers=answers))
    if as_json:
        _print_preview(shown, page)
    else:
        if page is None:
            for line in as_text(shown, answers=answers):
                say(line)
        show_findings(shown.findings)
        told = f"{counted(len(shown.quizzes), 'quiz', 'quizzes')}, {counted(count, 'question')}."
        say(f"{told} The page: {short_path(page)}" if page is not None else told)
    if page is not None and open_page:
        webbrowser.open(page.resolve().as_uri())
    raise SystemExit(1 if any(finding.level == "error" for finding in shown.findings) else 0)


def _print_preview(shown: Any, page: Path | None) -> None:
    quizzes = [
        {"key": quiz.key, "place": quiz.place, "pick": quiz.pick, "items": [one.item.key for one in quiz.items]}
        for quiz in shown.quizzes
    ]
    findings = [finding.json_object() for finding in shown.findings]
    errors = sum(finding.level == "error" for finding in shown.findings)
    print_json({"errors": errors, "page": page and str(page), "quizzes": quizzes, "findings": findings})


def _page_place(out: Path | None, open_page: bool) -> Path | None:
    """Where the page goes; None if there is to be none."""
    if out is not None or not open_page:
        return out
    import tempfile

    return Path(tempfile.mkdtemp(prefix="course-kit-quiz-")) / "preview.html"


def _write_page(path: Path, page: str) -> None:
    """Write the page; an older preview gives way, anything else stays."""
    from course_kit.apps.quiz_page import GENERATOR
    from course_kit.files.atomic import write_atomically

    if path.exists() and GENERATOR not in path.read_bytes()[:200_000].decode("utf-8", errors="replace"):
        raise Refused(f"{path} is there already and is no preview of quizzes.", hint="Name another file after --out.")
    _folder_of(path)
    write_atomically(path, page)


def _folder_of(path: Path) -> None:
    if not path.parent.is_dir():
        raise NotFound(f"There is no folder {path.parent}.", hint="Make it, or name another place.")


# ---------------------------------------------------------------- import


@quiz_command.command("import")
@click.argument("file", type=_FILE)
@click.option("--from", "said", type=click.Choice(_FORMATS), default=None, help="FILE's format; by default found out.")
@click.option("--out", type=_FILE, default=None, help="Write the quiz cells into this text file (Markdown).")
@click.option("--notebook", type=_FILE, default=None, help="Write them into this new notebook.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def import_command(file: Path, said: str | None, out: Path | None, notebook: Path | None, as_json: bool) -> None:
    """Write the questions of FILE (jupyterquiz, Moodle's GIFT or XML) as quiz cells, and list what is missing.

    Without --out or --notebook the cells are printed. Images are written beside them, into `images`. No file that is
    there already is changed. Ends with status 1 if no question could be carried over.

    \b
    Examples:
      course-kit quiz import questions.xml --notebook questions.ipynb
      course-kit quiz import questions.gift --out questions.md
      course-kit quiz import questions.json
    """
    from course_kit.quizzes.imports.formats import read

    imported = read(_content(file), file.name, said)
    if not imported.quizzes:
        first = next((loss for loss in imported.losses if loss.whole), None)
        reason = "it holds no question" if first is None else _named(first)
        hint = "Name its format: --from jupyterquiz, --from gift or --from moodle-xml." if said is None else ""
        raise Invalid(f"No question of {file} can be carried over: {reason}.", hint=hint)
    written = _write_imported(imported, out, notebook)
    if as_json:
        _print_imported(imported, written)
        return
    if not written:
        click.echo(imported.text, nl=False)
    _tell(imported, written, printed=not written)


def _content(file: Path) -> bytes:
    from course_kit.quizzes.imports.questions import MAX_FILE

    if not file.is_file():
        raise NotFound(f"There is no file {file}.", hint="Name a file of questions: JSON, GIFT or Moodle XML.")
    try:
        if file.stat().st_size > MAX_FILE:
            raise Invalid(f"{file} is larger than 100 MB.", hint="Export fewer questions at a time.")
        return file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror or error}.", hint="Check its rights.") from error


def _write_imported(imported: "Imported", out: Path | None, notebook: Path | None) -> list[Path]:
    """Write what is asked for, and the images beside it; the files that were written."""
    from course_kit.files.atomic import write_atomically

    places = [place for place in (out, notebook) if place is not None]
    contents: dict[Path, bytes] = {}
    for place in places:
        _folder_of(place)
        contents |= {place.parent / address: content for address, content in imported.files.items()}
    for place in (*places, *contents):
        if place.exists() and not (place in contents and place.read_bytes() == contents[place]):
            hint = "Name another file, or move that one away: nothing was written."
            raise Refused(f"{place} is there already.", hint=hint)
    for place, content in contents.items():
        place.parent.mkdir(exist_ok=True)
        write_atomically(place, content)
    if out is not None:
        write_atomically(out, imported.text)
    if notebook is not None:
        write_atomically(notebook, _notebook_text(imported))
    return [*places, *contents]


def _notebook_text(imported: "Imported") -> str:
    """A notebook with one cell for each quiz, ready to be run."""
    sources = [("code", "%load_ext course_kit")]
    for quiz in imported.quizzes:
        title = quiz.key.replace("-", " ").capitalize()
        sources += [("markdown", f"## {title}"), ("code", quiz.cell.rstrip("\n"))]
    cells = []
    for number, (kind, source) in enumerate(sources):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
        cells.append({**cell, "execution_count": None, "outputs": []} if kind == "code" else cell)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _print_imported(imported: "Imported", written: list[Path]) -> None:
    value: dict[str, Any] = {
        "questions": imported.count,
        "left_out": imported.left_out,
        "quizzes": [{"key": quiz.key, "questions": quiz.count} for quiz in imported.quizzes],
        "losses": [{"question": loss.where, "reason": loss.reason, "left_out": loss.whole} for loss in imported.losses],
        "written": [str(path) for path in written],
    }
    if not written:
        value["text"] = imported.text
    print_json(value)


def _tell(imported: "Imported", written: list[Path], *, printed: bool) -> None:
    """What came along and what did not: on standard error where the cells themselves are printed."""
    out = [loss for loss in imported.losses if loss.whole]
    parts = [loss for loss in imported.losses if not loss.whole]
    carried, quizzes = counted(imported.count, "question"), counted(len(imported.quizzes), "quiz", "quizzes")
    say(f"{carried} in {quizzes}; {counted(len(out), 'question')} left out.", err=printed)
    for title, losses in (("Left out", out), ("Carried over without", parts)):
        if losses:
            say(f"\n{title}:", bold=True, err=printed)
        for loss in losses:
            say(f"  {_named(loss)}", err=printed)
    for path in written:
        say(f"  wrote {short_path(path)}")
    if printed and imported.files:
        say(f"\n{counted(len(imported.files), 'image')} not written: name a file after --out.", err=True)
    if written:
        say(f"\nNext: {typed('quiz', 'preview', written[0], '--answers')}")


def _named(loss: "Loss") -> str:
    return f"{loss.where}: {loss.reason}" if loss.where else loss.reason


# ---------------------------------------------------------------- templates


@quiz_command.command("templates")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def templates_command(name: str | None, as_json: bool) -> None:
    """List the kinds of questions, or print one to begin with.

    \b
    Examples:
      course-kit quiz templates
      course-kit quiz templates parsons
    """
    from course_kit.errors import did_you_mean
    from course_kit.quizzes.templates import TEMPLATES, template, templates_json

    if name is None:
        if as_json:
            print_json(templates_json())
            return
        rows = [(one.name, one.title, one.what) for one in TEMPLATES]
        print_table("", ("Name", "Question", "What learners do"), rows)
        say(f"\nNext: {typed('quiz', 'templates', TEMPLATES[0].name)}")
        return
    found = template(name)
    if found is None:
        names = [one.name for one in TEMPLATES]
        raise NotFound(
            f"There is no template {name!r}.", hint=did_you_mean(name, names) or f"One of {', '.join(names)}."
        )
    if as_json:
        print_json(found.json_object())
    else:
        click.echo(found.cell(), nl=False)

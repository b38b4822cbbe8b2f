"""The page that `course-kit quiz preview` writes: quizzes as learners meet them, or with everything for their author.

One HTML file that asks the network for nothing, but for images that an author took from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from course_kit.errors import Invalid, NotFound
from course_kit.model.quiz import Item, Variants
from course_kit.quizzes.cell_file import quiz_cells
from course_kit.quizzes.misplaced import misplaced_quiz
from course_kit.quizzes.parse import MAX_CELL, ParsedQuiz, parse_quiz
from course_kit.quizzes.plain import plain_text, quiz_html, quiz_text
from course_kit.source.findings import Finding, sort_findings

MAX_TEXT_FILE = 20_000_000
GENERATOR = '<meta name="generator" content="course-kit quiz preview">'
"""Stands in every page, so that a newer one may take the place of an older one."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:"
_STYLE = """
body { margin: 0; padding: 1.5em min(2em, 4%) 3em; background: #fff; color: #1f2328; font-family: system-ui, sans-serif;
  line-height: 1.55; }
main { max-width: 48em; margin: 0 auto; }
h1 { font-size: 1.4em; } h2 { margin: 2em 0 0.4em; font-size: 1.15em; }
.page-place { margin: 0 0 0.6em; color: #59636e; font-size: 0.9em; }
.ck-quiz > section > div, .page-item { padding: 0.9em min(1.3em, 5%); }
.ck-quiz > section > div + div, .page-item + .page-item { border-top: 1px solid var(--ck-line); }
.page-author { margin: 0.9em 0 0; padding: 0.6em 1em; border-left: 0.25em solid var(--ck-line);
  background: var(--ck-soft); }
.page-author dt { font-weight: 600; } .page-author dd { margin: 0 0 0.5em 1.2em; }
.page-author ul { margin: 0; padding-left: 1.2em; }
.page-problems { padding: 0.4em 1.2em; border: 2px solid #b3261e; border-radius: 0.5em; }
details { margin-top: 0.6em; } summary { cursor: pointer; font-weight: 600; }
pre, table { overflow-x: auto; max-width: 100%; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; }
  .page-place { color: #a4adb8; }
  .page-problems { border-color: #ffaaa3; }
}
"""


@dataclass(frozen=True)
class ShownQuiz:
    """A quiz with its texts as HTML, and where it stands."""

    key: str
    place: str
    items: tuple[Variants, ...]
    pick: int | None


@dataclass(frozen=True)
class ShownFile:
    """The quizzes of a notebook or a text file, and everything that is wrong with them."""

    name: str
    quizzes: tuple[ShownQuiz, ...]
    findings: tuple[Finding, ...]


def read_quizzes(path: Path, only: str | None = None) -> ShownFile:
    """The quizzes of a notebook (``.ipynb``) or a text file with quiz cells; ``only`` the one of that key.

    Raises :class:`NotFound` where there is no such file or quiz, and :class:`Invalid` for what cannot be read at all.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", hint="Name a notebook, or a text file with `%%quiz` cells.")
    cells, findings = _notebook(path) if path.suffix.lower() == ".ipynb" else _text_file(path)
    keys = [parsed.key for parsed, _ in cells]
    if only is not None:
        if only not in keys:
            known = f"It holds {', '.join(keys[:20])}." if keys else "It holds no quiz."
            raise NotFound(f"{path.name} has no quiz {only!r}.", hint=known)
        findings = [finding for finding in findings if finding.message.startswith(f"quiz {only}:")]
    shown = tuple(_rendered(parsed, place, path) for parsed, place in cells if only in (None, parsed.key))
    return ShownFile(path.name, shown, sort_findings(findings))


Placed = tuple[ParsedQuiz, str]


def _notebook(path: Path) -> tuple[list[Placed], list[Finding]]:
    from course_kit.source.notebooks import read_notebook

    notebook, findings = read_notebook(path, path.name)
    if notebook is None:
        raise Invalid(f"{findings[0].place()}: {findings[0].message}.", hint=findings[0].hint)
    for cell in notebook.cells:
        misplaced = None if cell.author_only else misplaced_quiz(cell.kind, cell.source)
        if misplaced is not None:
            message, hint, line = misplaced.message, misplaced.hint, misplaced.line
            place = (message, hint, line, cell.id, cell.number)
            findings.append(Finding("error", "misplaced-quiz", path.name, *place))
    quizzes = [(placed.quiz, f"{path.name}, cell {placed.cell.number}") for placed in notebook.quizzes]
    return quizzes, [finding for finding in findings if finding.code not in ("no-cell-id", "duplicate-cell-id")]


def _text_file(path: Path) -> tuple[list[Placed], list[Finding]]:
    try:
        if path.stat().st_size > MAX_TEXT_FILE:
            raise Invalid(f"{path} is larger than 20 MB.", hint="Divide it; a quiz has at most 200,000 letters.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is no UTF-8 text.", hint="Save it as UTF-8, or name a notebook.") from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.", hint="Check its rights.") from error
    quizzes, findings = [], []
    for first, cell in quiz_cells(text):
        parsed, problems = parse_quiz(cell[: MAX_CELL + 1])
        quizzes.append((parsed, f"{path.name}, line {first}"))
        for problem in problems:
            message = f"quiz {parsed.key}: {problem.message}"
            line = first + problem.line - 1
            findings.append(Finding(problem.level, problem.code, path.name, message, problem.hint, line))
    if not quizzes:
        raise Invalid(f"No line of {path} begins with `%%quiz`.", hint="Write `%%quiz KEY` above the first question.")
    return quizzes, findings


def _rendered(parsed: ParsedQuiz, place: str, path: Path) -> ShownQuiz:
    from course_kit.quizzes.render import renderer

    base = path.resolve().parent
    root = next((folder for folder in (base, *base.parents) if (folder / "course.yml").is_file()), base)
    render = renderer(base, root)
    return ShownQuiz(parsed.key, place, tuple(variants.map_texts(render) for variants in parsed.variants), parsed.pick)


# ---------------------------------------------------------------- as text


def as_text(shown: ShownFile, *, answers: bool) -> Iterator[str]:
    """The lines that the terminal shows."""
    for quiz in shown.quizzes:
        yield f"{quiz.key} ({quiz.place})"
        for number, variants in enumerate(quiz.items, 1):
            text = quiz_text([variants.item.public()])
            yield "  " + text.replace("Question 1:", f"Question {number}:", 1).replace("\n", "\n  ")
            if answers:
                for name, values in _known(variants.item):
                    said = [plain_text(value) for value in values]
                    yield f"    {name}: " + ("\n" + " " * (len(name) + 6)).join("\n".join(said).split("\n"))
                for other, item in enumerate(variants.all[1:], 2):
                    right = "; ".join(plain_text(answer) for answer in _right(item))
                    yield f"    variant {other}: {' '.join(plain_text(item.prompt).split())} -> {right}"
        if quiz.pick is not None:
            yield f"  Each learner meets {quiz.pick} of these {len(quiz.items)} questions."
        yield ""


# ---------------------------------------------------------------- as a page


def as_page(shown: ShownFile, *, answers: bool) -> str:
    """One HTML file."""
    css = (files("course_kit.session") / "static" / "quiz.css").read_text(encoding="utf-8")
    title = f"{shown.name}: {'quizzes with their answers' if answers else 'quizzes as learners meet them'}"
    body = "\n".join(_quiz_section(quiz, answers=answers) for quiz in shown.quizzes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
{GENERATOR}
<title>{escape(title)}</title>
<style>
{css}{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{_problems(shown.findings)}{body or "<p>There is no quiz here.</p>"}
</main>
</body>
</html>
"""


def _problems(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    rows = "".join(
        f"<li><strong>{finding.level}</strong> {escape(finding.place())}: {escape(finding.message)} "
        f"<em>{escape(finding.hint)}</em></li>\n"
        for finding in findings
    )
    return f'<section class="page-problems" aria-label="Problems"><h2>Problems</h2>\n<ul>\n{rows}</ul></section>\n'


def _quiz_section(quiz: ShownQuiz, *, answers: bool) -> str:
    head = f'<h2>{escape(quiz.key)}</h2>\n<p class="page-place">{escape(quiz.place)}</p>\n'
    if not quiz.items:
        return f"{head}<p>None of its questions can be read.</p>"
    if not answers:
        inner = _named(quiz_html([variants.item.public() for variants in quiz.items], pick=quiz.pick), quiz.key)
        return f'{head}<div class="ck-quiz">{inner}</div>'
    inner = "\n".join(_author_item(variants, number, quiz.key) for number, variants in enumerate(quiz.items, 1))
    pool = f"<p>Each learner meets {quiz.pick} of these questions.</p>" if quiz.pick is not None else ""
    return f'{head}{pool}<div class="ck-quiz">{inner}</div>'


def _named(html: str, name: str) -> str:
    """Plain HTML under a name of its own: a page holds many."""
    return html.replace('aria-label="Quiz"', f'aria-label="{escape(name)}"', 1)


def _author_item(variants: Variants, number: int, quiz: str) -> str:
    item = variants.item
    name = f"{quiz}/{item.key}"
    others = "".join(
        f"<li>{_named(quiz_html([other.public()]), f'{name}, variant {place}')}"
        f"<div>Right: {'; '.join(_right(other))}</div></li>\n"
        for place, other in enumerate(variants.all[1:], 2)
    )
    more = (
        f"<details><summary>{len(variants.all)} variants</summary>\n<p>The one above is the first.</p>\n"
        f"<ol start='2'>\n{others}</ol></details>\n"
        if others
        else ""
    )
    return (
        f'<div class="page-item"><p class="ck-number">Question {number}: {escape(item.key)} ({escape(item.kind)})</p>\n'
        f"{_named(quiz_html([item.public()]), name)}\n"
        f'<div class="page-author"><dl>\n{_definitions(item)}</dl>{more}</div></div>'
    )


def _definitions(item: Item) -> str:
    parts = []
    for name, values in _known(item):
        listed = values[0] if len(values) == 1 else "<ul>" + "".join(f"<li>{value}</li>" for value in values) + "</ul>"
        parts.append(f"<dt>{escape(name)}</dt><dd>{listed}</dd>\n")
    return "".join(parts)


# ---------------------------------------------------------------- what only the author sees


def _known(item: Item) -> Iterator[tuple[str, list[str]]]:
    """Everything about an item that a learner does not see at first: a name, and its values as HTML."""
    if right := _right(item):
        yield ("example" if item.kind == "essay" else "right"), right
    if patterns := getattr(item, "patterns", ()):
        yield "or like", [f"<code>{escape(str(pattern))}</code>" for pattern in patterns]
    if said := list(_remarks(item)):
        yield "feedback", [f"{given}: {remark}" for given, remark in said]
    if item.hints:
        yield "hints", [f"{hint.text}{f' (costs {hint.cost:.0%})' if hint.cost else ''}" for hint in item.hints]
    if item.explanation:
        yield "explanation", [item.explanation]
    options = {
        "points": f"{item.points:g}" if item.points != 1 else "",
        "attempts": "" if item.attempts is None else str(item.attempts),
        "wait": f"{item.wait:g} seconds" if item.wait else "",
        "confidence": "asked for" if item.confidence else "",
        "shuffle": item.shuffle if item.shuffle != "no" else "",
        "minutes": "" if item.minutes is None else f"{item.minutes:g}",
        "skill": item.skill or "",
        "was": ", ".join(item.was),
    }
    for name, value in options.items():
        if value:
            yield name, [escape(value)]


def _right(item: Item) -> list[str]:
    return [answer if item.answers_are_texts else escape(answer) for answer in item.right_answers()]


def _remarks(item: Item) -> Iterator[tuple[str, str]]:
    """What is said to whom, for whatever parts of an item have remarks of their own."""
    for choice in getattr(item, "choices", ()):
        if choice.feedback:
            yield choice.text, choice.feedback
    for mistake in getattr(item, "mistakes", ()):
        yield escape(mistake.answer), mistake.feedback
    for piece in getattr(item, "pieces", ()):
        if getattr(piece, "feedback", ""):
            yield f"<code>{escape(plain_text(piece.text))}</code>", piece.feedback
    for check in getattr(item, "checks", ()):
        yield f"<code>{escape(check.code)}</code>", check.feedback or "(what Python says)"
    for pair in getattr(item, "wrong_pairs", ()):
        left, right = getattr(item, "left", ()), getattr(item, "right", ())
        yield f"{left[pair.left]} with {right[pair.right]}", pair.feedback
    for number, blank in enumerate(getattr(item, "blanks", ()), 1):
        for choice in getattr(blank, "choices", ()):
            if choice.feedback:
                yield f"({number}) {escape(choice.text)}", choice.feedback
        for mistake in getattr(blank, "mistakes", ()):
            yield f"({number}) {escape(mistake.answer)}", mistake.feedback

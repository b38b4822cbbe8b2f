"""Take hidden tests out of a marked notebook before its learner sees it. Pure: notebooks are JSON, in place.

Stock feedback shows them three ways: as the test cell's source, in the traceback of a test that failed, and in any
other output that quotes them (a docstring, a history, a message). A cell with hidden tests keeps its verdict and its
message; elsewhere, outputs that quote a hidden line are left out. Hidden tests ran beside the learner's code, so this
is best effort against someone who hides the quotation.
"""

import ast
import builtins
import html
import keyword
import re
from collections.abc import Iterable, Iterator
from typing import Any

from course_kit.quizzes.graded import is_scored

NOTE = "# Hidden tests ran here."
LEFT_OUT = "[Left out: this output quotes hidden tests.]"
MAX_MESSAGE = 1000
_HELD = "HeldForReview"
"""As in :mod:`course_kit.bridges.nbgrader.held`, which is not imported here: nothing of nbgrader is."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]{5,}")
_TAG = re.compile(r"<[^>]*>")
_LINE = 8
_LITERAL = 5


def visible_part(source: str, begin: str, end: str) -> tuple[str, str]:
    """A cell's source without its hidden regions (a note in their place), and what was hidden ("" if nothing was)."""
    shown: list[str] = []
    hidden: list[str] = []
    inside = False
    for line in source.split("\n"):
        if begin in line:
            inside = True
            shown.append(NOTE)
        elif end in line:
            inside = False
        else:
            (hidden if inside else shown).append(line)
    return "\n".join(shown), "\n".join(hidden)


class HiddenTests:
    """What must not be quoted: hidden lines, and the names and texts that occur nowhere else."""

    def __init__(self, hidden: Iterable[str], visible: Iterable[str]) -> None:
        sources = [source for source in hidden if source.strip()]
        known = _squeeze("\n".join(visible))
        lines = {_squeeze(line) for source in sources for line in source.split("\n")}
        self._lines = {line for line in lines if len(line) >= _LINE and line not in known}
        tokens = {token for source in sources for token in _tokens(source)}
        self._tokens = {token for token in map(_squeeze, tokens) if token and token not in known}
        self._telling = {token for token in self._tokens if _is_telling(token)}

    def quoted_in(self, text: str, *, strictly: bool = False) -> bool:
        """Whether ``text`` quotes them; ``strictly`` counts any name or text that is theirs alone, however common."""
        tokens = self._tokens if strictly else self._telling
        forms = {_squeeze(text), _squeeze(html.unescape(_TAG.sub("", text)))}
        return any(quotation in form for form in forms for quotation in (*self._lines, *tokens))


def scrub(notebook: dict[str, Any], tests: HiddenTests, begin: str, end: str) -> None:
    """Change a marked notebook in place so that it can be shown."""
    notebook.get("metadata", {}).pop("widgets", None)
    for cell in notebook["cells"]:
        if is_scored(cell):
            continue  # what grading put there: questions, answers and their scores
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        shown, _ = visible_part(source, begin, end)
        has_hidden = begin in source
        cell["source"] = shown
        cell.pop("attachments", None) if has_hidden else None
        if not has_hidden and tests.quoted_in(shown):
            cell["source"] = LEFT_OUT if cell["cell_type"] == "markdown" else f"# {LEFT_OUT}"
        if cell["cell_type"] != "code":
            continue
        if has_hidden:
            cell["outputs"] = [_stream(_verdict(cell["outputs"], tests))]
        else:
            cell["outputs"] = [_shown(output, tests) for output in cell["outputs"]]


def _verdict(outputs: list[dict[str, Any]], tests: HiddenTests) -> str:
    """What nbgrader saw, in words: an error, anything on stderr, points as a value, or nothing."""
    for output in outputs:
        if output["output_type"] == "error" and output.get("ename") == _HELD:
            return "Hidden tests: your instructor looks at this answer before its points count."
        if output["output_type"] == "error":
            return f"Hidden tests: not passed. {_message(output, tests)}"
        if output["output_type"] == "stream" and output.get("name") == "stderr":
            return "Hidden tests: not passed. Something was written to the error stream."
        if output["output_type"] == "execute_result":
            return "Hidden tests: see the points above."
    return "Hidden tests: passed."


def _message(error: dict[str, Any], tests: HiddenTests) -> str:
    name, text = str(error.get("ename", "Error")), _ANSI.sub("", str(error.get("evalue", ""))).strip()
    if name == "CellTimeoutError":
        return "They ran longer than allowed."
    if not name.isidentifier() or tests.quoted_in(name, strictly=True):
        name = "An error"
    if not text or tests.quoted_in(text, strictly=True):
        return f"{name}."
    return f"{name}: {text[:MAX_MESSAGE]}"


def _shown(output: dict[str, Any], tests: HiddenTests) -> dict[str, Any]:
    for mime in ("application/vnd.jupyter.widget-view+json", "application/javascript"):
        output.get("data", {}).pop(mime, None)
    return _stream(LEFT_OUT) if any(tests.quoted_in(text) for text in _texts(output)) else output


def _texts(output: dict[str, Any]) -> Iterator[str]:
    if output["output_type"] == "stream":
        yield _joined(output.get("text", ""))
    elif output["output_type"] == "error":
        yield f"{output.get('ename')} {output.get('evalue')}"
        yield "\n".join(map(str, output.get("traceback", ())))
    for mime, content in output.get("data", {}).items():
        if not mime.startswith("image/") or mime == "image/svg+xml":
            yield _joined(content)
    yield str(output.get("metadata", ""))


def _joined(content: Any) -> str:
    return "".join(map(str, content)) if isinstance(content, list) else str(content)


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text + "\n"}


def _squeeze(text: str) -> str:
    """For comparison: without colours, blanks, and the escapes and quotes of a ``repr``."""
    return re.sub(r"\\[nrt]|[\s\\\"']+", "", _ANSI.sub("", text))


def _tokens(source: str) -> set[str]:
    """Names and literal texts of a hidden test, but for the messages that its author wrote for the learner."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return {word for word in _WORD.findall(source) if not keyword.iskeyword(word)}
    messages = {id(part) for node in ast.walk(tree) for part in _message_parts(node)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in messages:
            continue
        if isinstance(node, ast.Name) and _WORD.fullmatch(node.id):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and _WORD.fullmatch(node.name):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= _LITERAL:
            found.add(node.value)
    return found - set(dir(builtins))


def _message_parts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assert) and node.msg is not None:
        yield from ast.walk(node.msg)
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        for argument in node.exc.args:
            yield from ast.walk(argument)


def _is_telling(token: str) -> bool:
    """Long or odd enough that it does not turn up in an honest output by chance."""
    return len(token) >= 16 or (len(token) >= 10 and not token.isalpha())

"""YAML in which every scalar is the text that was typed, with the line of every key and value.

PyYAML's composer builds the tree; nothing is constructed, no tag is followed and no value is typed by guess, so that
``no``, ``010`` and ``1:30`` stay what they are.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from course_kit.source.findings import Finding

MAX_TEXT = 1_000_000
_MAX_DEPTH = 30

Path = tuple[str | int, ...]


@dataclass
class YamlText:
    """``data`` is made of dict, list and str; ``lines`` maps a path in it to a line; an empty value is left out."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """The line of ``path``, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def error(self, code: str, path: Path, message: str, hint: str = "") -> None:
        self.findings.append(Finding("error", code, self.file, message, hint, self.line(path)))

    def warning(self, code: str, path: Path, message: str, hint: str = "") -> None:
        self.findings.append(Finding("warning", code, self.file, message, hint, self.line(path)))


class _Refusal(Exception):
    def __init__(self, message: str, hint: str, line: int) -> None:
        super().__init__(message)
        self.message, self.hint, self.line = message, hint, line


class _Loader(yaml.BaseLoader):
    """Composes nodes; refuses aliases (a few lines of them can grow without end) and bottomless nesting."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise _Refusal("an alias (`*name`) is not allowed here", "Write the value out.", mark.line + 1)
        if self.depth > _MAX_DEPTH:
            raise _Refusal(
                "the text is nested too deeply", "A course has units, lessons and assignments.", mark.line + 1
            )
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read_yaml(text: str, file: str) -> YamlText:
    """Read ``text``; faults of its form are in ``findings``. Never raises."""
    read = YamlText(file)
    if len(text) > MAX_TEXT:
        read.findings.append(
            Finding("error", "too-large", file, "the file is larger than 1 MB", "Is it the right one?")
        )
        return read
    node = _compose(text, read)
    if node is not None:
        read.lines[()] = 1
        read.data = _build(node, (), read)
    return read


def _compose(text: str, read: YamlText) -> Any:
    def fault(message: str, hint: str, line: int | None) -> None:
        read.findings.append(Finding("error", "yaml", read.file, message, hint, line))

    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except _Refusal as refusal:
        fault(refusal.message, refusal.hint, refusal.line)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        fault("a character is not allowed in YAML", "Delete the invisible character in this line.", line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "the text cannot be read"
        fault(f"this is not YAML: {what}", _hint(what), None if mark is None else mark.line + 1)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        fault(f"this is not YAML: {error}", "Check the indentation and the quotes.", None)
    return None


def _hint(problem: str) -> str:
    if "\\t" in problem or "tab" in problem:
        return "Indent with blanks, never with tabs."
    if "mapping values are not allowed" in problem:
        return "Put quotes around a text that holds `: `, and align the keys."
    return "Check the indentation, the quotes and the blank after each `-` and `:`."


def _build(node: Any, path: Path, read: YamlText) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        found = []
        for number, child in enumerate(node.value):
            read.lines[(*path, number)] = child.start_mark.line + 1
            found.append(_build(child, (*path, number), read))
        return found
    mapping: dict[str, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            read.findings.append(Finding("error", "yaml", read.file, "a key has to be one word", "", line))
            continue
        key = str(key_node.value)
        if (*path, key) in read.lines:
            first = read.lines[(*path, key)]
            message = f"`{key}` stands here a second time (the first is in line {first})"
            read.findings.append(Finding("error", "duplicate-field", read.file, message, "Keep one of them.", line))
            continue
        read.lines[(*path, key)] = line
        if not _is_empty(child):
            mapping[key] = _build(child, (*path, key), read)
    return mapping


def _is_empty(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None

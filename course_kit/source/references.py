"""What lessons refer to, found without running them: images and links in texts, files and packages in code."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from markdown_it import MarkdownIt

from course_kit.quizzes.parse import is_quiz
from course_kit.source.notebooks import SourceCell, SourceNotebook

ReferenceKind = Literal["image", "link"]
_WORTH_PARSING = re.compile(r"!\[|<img|\]\(|\]:", re.IGNORECASE)
_OUTSIDE = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*:|//|#|/)")
_MAGIC_LINE = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?+\s*)$")
_READERS = re.compile(r"^(read_\w+|open|loadtxt|genfromtxt|imread|load|Image|scan_\w+)$")
_WRITERS = re.compile(r"^(to_\w+|savetxt|save|savefig|write_\w+|dump)$")
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "bs4": "beautifulsoup4",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "mpl_toolkits": "matplotlib",
    "Bio": "biopython",
}
_COME_ALONG = {"IPython", "course_kit", "ipywidgets", "ipykernel", "jupyter_core", "traitlets", "nbformat"}
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Reference:
    """An image or a link in a Markdown text; ``line`` is where it stands, within the cell."""

    cell: SourceCell
    kind: ReferenceKind
    target: str
    alt: str
    line: int

    @property
    def is_local(self) -> bool:
        return bool(self.target) and _OUTSIDE.match(self.target) is None


@dataclass(frozen=True)
class FileRead:
    """A file that a code cell reads by a literal name; ``made`` where the notebook itself writes it."""

    cell: SourceCell
    name: str
    line: int
    made: bool


def text_references(notebook: SourceNotebook) -> Iterator[Reference]:
    """Images and links of the Markdown cells and of the quizzes."""
    for cell in notebook.cells:
        if cell.author_only or not _WORTH_PARSING.search(cell.source):
            continue
        if cell.kind == "markdown" or (cell.kind == "code" and is_quiz(cell.source)):
            yield from _references(cell)


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            given = dict(attrs)
            # An empty alt is HTML's way to mark an ornament.
            alt = " " if given.get("alt") == "" else given.get("alt") or ""
            self.found.append((given.get("src") or "", alt))


def _references(cell: SourceCell) -> Iterator[Reference]:
    # a varied question's addresses hold parameters: which files they name is known once it is built
    varied = cell.kind == "code" and "vary:" in cell.source
    for block in _MARKDOWN.parse(cell.source):
        line = (block.map[0] if block.map else 0) + 1
        raw = block.content if block.type == "html_block" else ""
        for token in block.children or []:
            line += token.type in ("softbreak", "hardbreak")
            if varied and "%7B" in str(token.attrGet("src") or token.attrGet("href") or ""):
                continue
            if token.type == "image":
                alt = "".join(child.content for child in token.children or [])
                yield Reference(cell, "image", str(token.attrGet("src") or ""), alt, line)
            elif token.type == "link_open":
                yield Reference(cell, "link", str(token.attrGet("href") or ""), "", line)
            elif token.type == "html_inline":
                raw += token.content
        if "<img" in raw.lower():
            images = _Images()
            images.feed(raw)
            for source, alt in images.found:
                yield Reference(cell, "image", source, alt, line)


def _tree(cell: SourceCell) -> ast.Module | None:
    lines = [_MAGIC_LINE.sub(r"\1pass", line) for line in cell.source.split("\n")]
    if cell.source.lstrip().startswith("%%"):
        return None
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def code_references(notebook: SourceNotebook) -> tuple[list[FileRead], dict[str, SourceCell]]:
    """The files that code cells read, and the modules that they import (each with the first cell that does)."""
    reads: list[tuple[SourceCell, str, int]] = []
    written: set[str] = set()
    modules: dict[str, SourceCell] = {}
    if notebook.language not in ("python", "ipython"):
        return [], {}
    for cell in notebook.cells:
        tree = _tree(cell) if cell.kind == "code" and not cell.author_only else None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Import):
                for alias in node.names:
                    modules.setdefault(alias.name.partition(".")[0], cell)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.setdefault(node.module.partition(".")[0], cell)
            elif isinstance(node, ast.Call):
                _take_call(node, cell, reads, written)
    return [FileRead(cell, name, line, name in written) for cell, name, line in reads], modules


def _take_call(node: ast.Call, cell: SourceCell, reads: list[tuple[SourceCell, str, int]], written: set[str]) -> None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if not texts:
        return
    if _WRITERS.match(name) or (name == "open" and len(texts) > 1 and set(texts[1]) & set("wax+")):
        written.add(texts[0])
    elif _READERS.match(name) and _is_file_name(texts[0]):
        reads.append((cell, texts[0], node.lineno))


def _is_file_name(text: str) -> bool:
    return re.match(r"^[^\n<>{}|*?\"]{1,200}\.[A-Za-z0-9]{1,8}$", text) is not None and not _OUTSIDE.match(text)


def needs_package(module: str) -> str | None:
    """The name under which a module is installed; None if Python or course-kit brings it."""
    if module in sys.stdlib_module_names or module in _COME_ALONG:
        return None
    return _DISTRIBUTIONS.get(module, module)


def package_name(requirement: str) -> str:
    """The bare name of a requirement (``pandas>=2`` is pandas), as package indexes compare it."""
    name = re.split(r"[\s<>=!~;\[@]", requirement.strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()

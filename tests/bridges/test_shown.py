"""The formgrader shows what was handed in, and runs none of it."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.server_extensions.formgrader
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from course_kit.bridges.nbgrader.enabled import MARKDOWN, SAFELY, exchange_execution
from course_kit.bridges.nbgrader.shown import safe_html

TEMPLATES = Path(nbgrader.server_extensions.formgrader.__file__).parent / "templates"
MARKS = {"grade": True, "solution": True, "locked": False, "task": False, "schema_version": 3, "points": 3}
PAYLOADS = [
    "<script>hacked()</script>",
    "<img src=x onerror=hacked()>",
    "<SVG/onload=hacked()><a><animate attributeName=href values=javascript:hacked() /><text>x</text></a></svg>",
    "<style></style x><script>hacked()</script></style>",
    "<xmp><p title='</xmp><img src=x onerror=hacked()>'></xmp>",
    "<a href=' java\nscript:hacked()'>a</a>",
    "<iframe srcdoc='<script>hacked()</script>'></iframe>",
    "<!--><img src=x onerror=hacked()>-->",
    "[a](javascript:hacked())",
    "[a](<java\tscript:hacked()>)",
    "[a](javas&#99;ript:hacked())",
    "[a][r]\n\n- [r]: javascript:hacked()",
    "<javascript:hacked()>",
    "`<b` <img src=x onerror=hacked()> `",
    "```\n~~~\n```\n<img src=x onerror=hacked()>",
]


class Running(HTMLParser):
    """What of a page would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        for name, value in attrs:
            plain = "".join((value or "").split()).lower()
            if (
                (name.startswith("on") and "hacked" in plain)
                or plain.startswith("javascript:hacked")
                or name == "srcdoc"
            ):
                self.found.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        if self._script and "hacked" in data:
            self.found.append("script")


def handed_in(payload: str) -> Any:
    data: dict[str, Any] = {"text/html": payload, "application/javascript": "hacked()"}
    outputs = [new_output("display_data", data), new_output("display_data", {"text/markdown": payload})]
    essay = new_markdown_cell(f"An *essay*.\n\n{payload}", metadata={"nbgrader": {**MARKS, "grade_id": "essay"}})
    picture = {
        "a.png": {'image/png" onerror="hacked()': "AAAA", "image/gif": "AAAA", "image/png": '"><script>hacked()'}
    }
    essay["attachments"] = picture
    code = new_code_cell("1", metadata={"nbgrader": {**MARKS, "grade_id": "code"}}, outputs=outputs)
    return nbformat.from_dict(new_notebook(cells=[essay, code]))


def formgrader(notebook: Any, *, safely: bool = True) -> str:
    config = Config()
    if safely:
        exchange_execution(config)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES)]
    resources = {"metadata": {"name": "n"}, "index": 1, "total": 1, "base_url": "/", "mathjax_url": ""}
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)
    return str(page)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_was_handed_in_runs(payload: str) -> None:
    assert Running(formgrader(handed_in(payload))).found == []


def test_stock_nbgrader_would_run_it() -> None:
    assert "script" in Running(formgrader(handed_in(PAYLOADS[0]), safely=False)).found


def test_honest_work_looks_as_it_did() -> None:
    essay = "**Bold**, a<sub>2</sub>, `x < y`, $a<b$.\n\n<div class='alert'>Mind <b>this</b>.</div>\n\n![A](a.png)"
    notebook = nbformat.from_dict(new_notebook(cells=[new_markdown_cell(essay, metadata={"nbgrader": MARKS})]))
    pages = [formgrader(notebook, safely=safely).replace("'alert'", '"alert"') for safely in (True, False)]
    cells = [page[page.index("<p><strong>Bold") : page.index("a.png")] for page in pages]
    assert cells[0] == cells[1]
    table = '<table class="dataframe"><tr><td style="color: red">1 &lt; 2 &amp; 3</td></tr></table>'
    assert safe_html(table) == table
    assert safe_html("<style scoped>.a > b { color: red }</style>") == '<style scoped="">.a > b { color: red }</style>'
    review = '<section class="ck-review"><math><mi>x</mi></math><img src="data:image/png;base64,AA" alt="a"></section>'
    assert safe_html(review) == review


def test_it_is_asked_for_once() -> None:
    config = Config()
    config.HTMLExporter.preprocessors = ["mine.First"]
    config.HTMLExporter.filters = {"mine": "mine.filter"}
    exchange_execution(config)
    exchange_execution(config)
    assert config.HTMLExporter.preprocessors == ["mine.First", SAFELY]
    assert config.HTMLExporter.filters == {"mine": "mine.filter", "markdown2html": MARKDOWN}

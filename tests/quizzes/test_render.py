"""Markdown becomes HTML that cannot do harm and needs no network."""

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.model.formulas import mathml
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.plain import quiz_html
from course_kit.quizzes.render import MAX_IMAGE, markdown_html

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


class Tags(HTMLParser):
    """Every tag with its attributes, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_one_paragraph_comes_without_its_tag() -> None:
    assert markdown_html("the *mean* of `x`") == "the <em>mean</em> of <code>x</code>"
    assert markdown_html("one\n\ntwo") == "<p>one</p>\n<p>two</p>"
    assert markdown_html("") == ""


def test_raw_html_stays_text() -> None:
    assert markdown_html("<b onclick=x>hi</b>") == "&lt;b onclick=x&gt;hi&lt;/b&gt;"
    assert Tags(markdown_html("<script>\nalert(1)\n</script>")).found == []


def test_links_open_pages_and_nothing_else() -> None:
    assert markdown_html("[a](https://example.org)") == (
        '<a href="https://example.org" target="_blank" rel="noopener noreferrer">a</a>'
    )
    assert markdown_html("[a](mailto:t@example.org)").startswith('<a href="mailto:t@example.org"')
    for bad in (
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "other.ipynb",
        "//x.org",
    ):
        assert markdown_html(f"[words]({bad})") == "words"


def test_formulas_become_mathml_and_bad_ones_code() -> None:
    shown = markdown_html(r"$\frac{a}{b}$")
    assert "<mfrac>" in shown
    assert 'alttext="\\frac{a}{b}"' in shown
    assert markdown_html(r"$\frac{$") == '<span class="math inline"><code class="ck-formula">\\frac{</code></span>'
    assert markdown_html("It costs $5 and $6.") == "It costs $5 and $6."
    assert 'display="block"' in markdown_html("$$\nx^2\n$$")
    assert mathml("x" * 3000, block=False).startswith("<code")


@pytest.mark.parametrize(
    "formula", [r"\text{<script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}", r"\&lt;b\&gt;"]
)
def test_no_formula_smuggles_html(formula: str) -> None:
    tags = Tags(mathml(formula, block=False)).found
    assert {tag for tag, _ in tags} <= {"math", "mrow", "mtext", "mi", "mo", "mn", "mstyle", "mpadded", "code"}
    assert all(set(attributes) <= {"xmlns", "display", "alttext", "class"} for _, attributes in tags)


def test_code_is_coloured_by_classes() -> None:
    shown = markdown_html("```python\nif x < 1: pass\n```")
    assert shown.startswith('<pre class="ck-code"><code class="language-python"><span class="tok-k">if</span>')
    assert "&lt;" in shown
    assert markdown_html('```no-such-"><b>\nx\n```') == '<pre class="ck-code"><code>x\n</code></pre>'


def test_a_local_image_becomes_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "dot one.png").write_bytes(PIXEL)
    shown = markdown_html("![a *dot*](../images/dot%20one.png)", tmp_path / "notebooks", tmp_path)
    assert shown.startswith('<img src="data:image/png;base64,iVBOR')
    assert shown.endswith('alt="a dot">')


def test_an_image_that_cannot_be_had_leaves_its_words(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.png").write_bytes(PIXEL)
    (tmp_path / "inside" / "large.png").write_bytes(b"x" * (MAX_IMAGE + 1))
    (tmp_path / "inside" / "page.html").write_text("x")
    for name in ("../secret.png", "large.png", "page.html", "none.png", "file:///etc/passwd", "%00.png"):
        assert markdown_html(f"![words]({name})", tmp_path / "inside") == "[words]"
    assert markdown_html("![words](dot.png)") == "[words]"


def test_a_blank_becomes_an_element_in_sentences_and_code_and_never_in_a_tag() -> None:
    assert markdown_html("The *ckblank0x* is") == 'The <em><span class="ck-blank" data-blank="0"></span></em> is'
    shown = markdown_html("```python\nx = ckblank0x(ckblank11x)\n```")
    assert shown.count('<span class="ck-blank" data-blank="0"></span>') == 1
    assert shown.count('<span class="ck-blank" data-blank="11"></span>') == 1
    tags = Tags(markdown_html("[a](https://x.org/ckblank0x) ![ckblank1x](https://x.org/a.png) $ckblank2x$")).found
    assert [tag for tag, attributes in tags if attributes.get("class") == "ck-blank"] == []


def rendered(source: str) -> list[Mapping[str, Any]]:
    quiz, _ = parse_quiz(f"%%quiz k\n{source}")
    return [item.map_texts(markdown_html).public() for item in quiz.items]


def test_a_quiz_can_be_read_without_a_kernel_and_gives_nothing_away() -> None:
    page = quiz_html(
        rendered(
            "*A*?\n- [x] yes — Quite.\n- [ ] no — Not so.\nhint: H\n---\nB?\n= true\n---\nC?\n= 42\n≠ 41 — Near.\n"
        ),
        note="Run this cell to answer.",
    )
    assert page == (
        '<section class="ck-static-quiz" aria-label="Quiz">\n'
        "<div>\n<p><strong>Question 1 of 3</strong></p>\n<div><em>A</em>?</div>\n"
        "<ul>\n<li>yes</li>\n<li>no</li>\n</ul>\n</div>\n"
        "<div>\n<p><strong>Question 2 of 3</strong></p>\n<div>B?</div>\n"
        "<ul>\n<li>True</li>\n<li>False</li>\n</ul>\n</div>\n"
        "<div>\n<p><strong>Question 3 of 3</strong></p>\n<div>C?</div>\n</div>\n"
        '<p class="ck-note"><em>Run this cell to answer.</em></p>\n</section>'
    )


ALLOWED = {
    *("p", "em", "strong", "s", "code", "pre", "span", "div", "a", "img", "ul", "ol", "li", "blockquote"),
    *("br", "hr", "table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6"),
    *(
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "mtext",
        "msup",
        "msub",
        "msubsup",
        "mfrac",
        "msqrt",
        "mroot",
        "mstyle",
        "mspace",
    ),
    *(
        "munder",
        "mover",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "mpadded",
        "mphantom",
        "menclose",
        "merror",
        "mfenced",
        "mmultiscripts",
        "mprescripts",
        "none",
    ),
    *("ms"),
}
_HOSTILE = st.sampled_from(
    [
        *("<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg/onload=x>", "<!--", "-->", "]]>", "\x00"),
        *("[a](javascript:alert(1))", "![a](javascript:x)", "[r]: javascript:x\n", "[r]", "&lt;", "&#60;script&#62;"),
        *("`", "$", "$$", "```html\n", "\n\n", "> ", "| a |\n|---|\n", '"', "'"),
        *("\\text{", "\\href{javascript:x}{", "\\class{x}{", "\\style{x:y}{", "}"),
        *("![x](data:image/svg+xml;base64,PHN2Zz4=)", '<https://x.org/" onclick=x>', "[a](https://x 'y\" onclick=z')"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(_HOSTILE, max_size=15).map("".join)))
def test_no_text_lets_a_script_or_a_handler_through(text: str) -> None:
    for tag, attributes in Tags(markdown_html(text)).found:
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc", "formaction")]
        href, source = attributes.get("href"), attributes.get("src")
        assert href is None or href.lower().startswith(("http://", "https://", "mailto:"))
        assert source is None or source.lower().startswith(("http://", "https://", "data:image/"))
        assert "svg" not in (source or "")[:20]

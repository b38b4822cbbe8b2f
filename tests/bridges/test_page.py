"""A feedback page runs nothing and asks nothing of the network."""

from course_kit.bridges.nbgrader.page import finish_page


def body(markup: str) -> str:
    page = finish_page(
        f"<!DOCTYPE html><html><head><title>x</title></head><body>{markup}</body></html>", title="A & B", language="de"
    )
    assert page.startswith('<!DOCTYPE html><html lang="de"><head><meta http-equiv="Content-Security-Policy"')
    assert "<title>A &amp; B</title>" in page
    return page.partition("<body>")[2].removesuffix("</body></html>")


def test_what_runs_or_loads_is_taken_out() -> None:
    assert body("<script src='https://cdn.example/x.js'>alert(1)</script>a") == "a"
    assert body('<a href="javascript:x" onclick="y">a</a>') == "<a>a</a>"
    assert body('<a href="java\nscript:x">a</a>') == "<a>a</a>"
    assert body('<img src="//example.org/x.png" alt="A">') == '<img alt="A">'
    assert (
        body('<img src="data:image/png;base64,AA">')
        == '<img src="data:image/png;base64,AA" alt="Figure without a description">'
    )
    assert body("<iframe src='x'><p>in</p></iframe><link href='x.css'>b") == "b"
    assert body('<p style="background:url(http://x/y)">c</p>') == '<p style="background:none">c</p>'
    assert body('<a href="https://example.org/">d</a>') == '<a href="https://example.org/">d</a>'


def test_the_notebooks_headings_come_below_the_pages_own() -> None:
    assert body("<h4>Sums (Score: 2 / 5)</h4><h1>Adding</h1><h2>How</h2>") == (
        "<h1>Sums (Score: 2 / 5)</h1><h2>Adding</h2><h3>How</h3>"
    )


def test_formulas_become_mathml_but_not_in_code() -> None:
    assert "<math" in body("<p>$a &lt; b$</p>")
    assert 'display="block"' in body("<p>$$x^2$$</p>")
    assert body("<pre>$HOME and $PATH$</pre>") == "<pre>$HOME and $PATH$</pre>"
    assert body("<p>5$ and 6$</p>") == "<p>5$ and 6$</p>"
    assert body(r"<p>\$a and b\$</p>") == r"<p>\$a and b\$</p>"


def test_a_formula_brings_no_markup() -> None:
    page = finish_page("<p>$\\text{&lt;script&gt;alert(1)&lt;/script&gt;}$</p>", title="T", language="en")
    assert "<script" not in page
    assert "&lt;script&gt;" in page

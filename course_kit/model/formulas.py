"""Formulas as MathML, so that a page shows them without a script or the network.

latex2mathml's own text form unescapes what the formula holds (``\\text{<script>}`` would pass); its tree is written
out here instead, with known elements and attributes only.
"""

import html
from functools import lru_cache
from xml.etree.ElementTree import Element

MAX_FORMULA = 2000
_ELEMENTS = frozenset(
    {
        "math", "menclose", "merror", "mfenced", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded",
        "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup",
        "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "accent", "accentunder", "align", "columnalign", "columnlines", "columnspacing", "depth", "display",
        "displaystyle", "fence", "form", "frame", "height", "linethickness", "lspace", "mathbackground", "mathcolor",
        "mathsize", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowalign", "rowlines",
        "rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width", "xmlns",
    }
)  # fmt: skip


def is_readable(formula: str) -> bool:
    """Whether :func:`mathml` can make a formula of it, and not just show it as code."""
    return mathml(formula, block=False).startswith("<math")


@lru_cache(maxsize=4096)
def mathml(formula: str, *, block: bool) -> str:
    """``formula`` (LaTeX without its dollars) as MathML; as code where it cannot be read. Never raises."""
    from latex2mathml.converter import convert_to_element

    as_code = f'<code class="ck-formula">{html.escape(formula)}</code>'
    if len(formula) > MAX_FORMULA or not formula.strip():
        return as_code
    try:
        tree = convert_to_element(formula, display="block" if block else "inline")
        return _write(tree, formula)
    except Exception:  # latex2mathml raises whatever its parser meets: IndexError, KeyError, StopIteration, its own
        return as_code


def _write(element: Element, formula: str = "") -> str:
    tag = str(element.tag)
    if tag not in _ELEMENTS:
        return html.escape(html.unescape(element.text or "")) + "".join(_write(child) for child in element)
    attributes = "".join(
        f' {name}="{html.escape(html.unescape(value), quote=True)}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES
    )
    if tag == "math" and formula:
        attributes += f' alttext="{html.escape(formula, quote=True)}"'
    inner = html.escape(html.unescape(element.text or ""), quote=False)
    for child in element:
        inner += _write(child) + html.escape(html.unescape(child.tail or ""), quote=False)
    return f"<{tag}{attributes}>{inner}</{tag}>"

"""Expressions as MathML: how a learner's answer was understood."""

import html

from course_kit.model.kinds.algebra import Term

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Omega": "Ω",
}  # fmt: skip
_BINDING = {"+": 1, "-": 1, "neg": 1, "*": 2, "/": 3, "^": 3}
_ATOM = 4


def expression_mathml(term: Term) -> str:
    """``term`` as a formula within a line of text."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_write(term)}</math>'


def _binding(term: Term) -> int:
    return _BINDING.get(term.op, _ATOM)


def _inside(term: Term, least: int) -> str:
    """``term``, in parentheses where it binds more loosely than ``least``."""
    written = _write(term)
    return written if _binding(term) >= least else f"<mrow><mo>(</mo>{written}<mo>)</mo></mrow>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _write(term: Term) -> str:
    if term.op == "number":
        return f"<mn>{html.escape(term.text)}</mn>"
    if term.op == "name":
        return _name(term.text)
    first, last = term.args[0], term.args[-1]
    if term.op == "neg":
        return _row("<mo>&#x2212;</mo>", _inside(first, 2))
    if term.op in "+-":
        sign = "+" if term.op == "+" else "&#x2212;"
        right = _inside(last, 2)
        return _row(_write(first), f"<mo>{sign}</mo>", right)
    if term.op == "*":
        sign = "&#xB7;" if _begins_with_digit(last) else "&#x2062;"
        return _row(_inside(first, 2), f"<mo>{sign}</mo>", _inside(last, 2))
    if term.op == "/":
        return f"<mfrac>{_write(first)}{_write(last)}</mfrac>"
    if term.op == "^":
        return f"<msup>{_inside(first, _ATOM)}{_write(last)}</msup>"
    return _function(term.op, first)


def _begins_with_digit(term: Term) -> bool:
    return term.op == "number" or (term.op in "*^" and _begins_with_digit(term.args[0])) or term.op == "/"


def _name(text: str) -> str:
    word, _, below = text.partition("_")
    written = f"<mi>{html.escape(_GREEK.get(word, word))}</mi>"
    if not below:
        return written
    tag = "mn" if below.isdigit() else "mi"
    return f"<msub>{written}<{tag}>{html.escape(_GREEK.get(below, below))}</{tag}></msub>"


def _function(name: str, argument: Term) -> str:
    inner = _write(argument)
    if name == "sqrt":
        return f"<msqrt>{inner}</msqrt>"
    if name == "abs":
        return _row('<mo fence="true">|</mo>', inner, '<mo fence="true">|</mo>')
    if name == "exp":
        return f"<msup><mi>e</mi>{inner}</msup>"
    return _row(f"<mi>{name}</mi><mo>&#x2061;</mo>", _row("<mo>(</mo>", inner, "<mo>)</mo>"))

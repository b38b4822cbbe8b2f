"""Expressions such as ``2x^2 + sin(x)/3``, read by a small grammar of our own: no text of a learner ever becomes code.

Numbers, the names that are allowed, ``+ - * / ^`` (also ``**``), parentheses of any sort, ``|x|``, implicit
multiplication (``2x``, ``x(x+1)``, ``xy`` where x and y are names), ``pi``, ``e`` and the functions below. ``/`` and
implicit multiplication bind alike, from left to right: ``1/2x`` is a half of x. ``-x^2`` is -(x^2), ``2^3^2`` is
2^(3^2), ``sin^2(x)`` is (sin(x))^2, and ``log`` is ``ln``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from course_kit.model.kinds.quantities import plain

FUNCTIONS = frozenset({"sqrt", "sin", "cos", "tan", "exp", "log", "ln", "abs"})
CONSTANTS = frozenset({"pi", "e"})
MAX_LENGTH = 300
MAX_TOKENS = 150
MAX_DEPTH = 40
MAX_DIGITS = 30
_NAME = re.compile(r"[^\W\d_][^\W_]{0,19}(?:_[^\W_]{1,19})?")
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)|(?P<name>{_NAME.pattern})|(?P<sign>[-+*/^()|]))"
)
_SIGNS = {"×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "π": " pi ", "√": " sqrt"}
_SAME = str.maketrans({**_SIGNS, "[": "(", "]": ")", "{": "(", "}": ")"})


class Unreadable(ValueError):
    """A text that is no expression; says why, in plain words that hold nothing but letters of the text."""


@dataclass(frozen=True)
class Term:
    """A part of an expression: ``number`` and ``name`` have a text, ``neg``, ``+ - * / ^`` and functions arguments."""

    op: str
    args: tuple["Term", ...] = ()
    text: str = ""

    @property
    def value(self) -> Fraction:
        """Of a number."""
        return Fraction(Decimal(self.text))

    @property
    def shape(self) -> tuple[object, ...]:
        """What it has in common with expressions that differ in the order of their sums and products only."""
        if self.op in ("number", "name"):
            return (self.op, str(self.value) if self.op == "number" else self.text)
        parts = [part.shape for part in self._parts()] if self.op in "+*" else [part.shape for part in self.args]
        return (self.op, *(sorted(parts, key=repr) if self.op in "+*" else parts))

    def _parts(self) -> list["Term"]:
        return [part for arg in self.args for part in (arg._parts() if arg.op == self.op else [arg])]


def is_name(text: str) -> bool:
    """Whether a variable may be called so."""
    return _NAME.fullmatch(text) is not None and text not in FUNCTIONS


def names_in(text: str) -> tuple[str, ...]:
    """The words of an expression that are neither functions nor constants, as they come: what an author may mean."""
    found = _TOKEN.finditer((plain(text, MAX_LENGTH) or "").translate(_SAME))
    words = (match["name"] for match in found if match["name"])
    return tuple(dict.fromkeys(word for word in words if word not in FUNCTIONS | CONSTANTS))


def read_expression(text: str, names: Iterable[str]) -> Term:
    """The expression that ``text`` writes with these names. Raises :class:`Unreadable`, and nothing else."""
    given = plain(text, MAX_LENGTH)
    if given is None:
        message = "This is too long." if len(text) > MAX_LENGTH else "This holds signs that no expression has."
        raise Unreadable(message)
    return _Parser(_tokens(given.replace("**", "^").translate(_SAME), frozenset(names))).whole()


# ------------------------------------------------------------ words and signs

_Token = tuple[str, str]
"""Its sort (number, name, function, sign, end) and its text."""


def _tokens(text: str, names: frozenset[str]) -> list[_Token]:
    if "=" in text:
        raise Unreadable("Write only the expression, without an equals sign.")
    tokens: list[_Token] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable("This holds signs that no expression has.")
        position = match.end()
        if match["name"]:
            tokens += _words(match["name"], names)
        elif match["number"]:
            tokens.append(("number", _number(match["number"])))
        else:
            tokens.append(("sign", match["sign"]))
    if not tokens:
        raise Unreadable("Nothing stands here.")
    if len(tokens) > MAX_TOKENS:
        raise Unreadable("This is too long.")
    return [*tokens, ("end", "")]


def _number(text: str) -> str:
    digits = text.replace(",", ".")
    if len(digits) > MAX_DIGITS:
        raise Unreadable(f"Numbers have at most {MAX_DIGITS} digits here.")
    return f"0{digits}" if digits.startswith(".") else digits.removesuffix(".")


def _words(word: str, names: frozenset[str]) -> list[_Token]:
    """A word, or the names that stand in it without a sign between them."""
    known = names | FUNCTIONS | CONSTANTS
    pieces: list[str] = []
    rest = word
    while rest:
        piece = next((rest[:end] for end in range(len(rest), 0, -1) if rest[:end] in known), None)
        if piece is None:
            listed = ", ".join(sorted(names)) or "numbers only"
            raise Unreadable(f"“{word}” is not known here: use {listed}.")
        pieces.append(piece)
        rest = rest[len(piece) :]
    return [("function" if piece in FUNCTIONS and piece not in names else "name", piece) for piece in pieces]


# ------------------------------------------------------------ the grammar


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at, self._depth, self._bars = tokens, 0, 0, 0

    def whole(self) -> Term:
        term = self._sum()
        sort, text = self._tokens[self._at]
        if sort == "end":
            return term
        if text == ")":
            raise Unreadable("There is a closing parenthesis too many.")
        raise Unreadable(f"A sign is missing before “{text}”.")

    def _next(self, *texts: str) -> str | None:
        """Take the sign that comes next, if it is one of these."""
        sort, text = self._tokens[self._at]
        if sort != "sign" or text not in texts:
            return None
        self._at += 1
        return text

    def _sum(self) -> Term:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("This is nested too deeply.")
        term = self._product()
        while sign := self._next("+", "-"):
            term = Term(sign, (term, self._product()))
        self._depth -= 1
        return term

    def _product(self) -> Term:
        term = self._factor()
        while True:
            if sign := self._next("*", "/"):
                term = Term(sign, (term, self._factor()))
            elif self._begins_a_factor():
                term = Term("*", (term, self._power()))
            else:
                return term

    def _begins_a_factor(self) -> bool:
        sort, text = self._tokens[self._at]
        return sort in ("name", "function") or text == "(" or (text == "|" and self._bars == 0)

    def _factor(self) -> Term:
        negative = False
        while sign := self._next("+", "-"):
            negative ^= sign == "-"
        term = self._power()
        return Term("neg", (term,)) if negative else term

    def _power(self) -> Term:
        base = self._primary()
        if not self._next("^"):
            return base
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("This is nested too deeply.")
        exponent = self._factor()
        self._depth -= 1
        return Term("^", (base, exponent))

    def _primary(self) -> Term:
        sort, text = self._tokens[self._at]
        self._at += 1
        if sort == "number":
            return Term("number", text=text)
        if sort == "name":
            return Term("name", text=text)
        if sort == "function":
            return self._function(text)
        if text == "(":
            return self._enclosed(")")
        if text == "|":
            self._bars += 1
            inner = self._enclosed("|")
            self._bars -= 1
            return Term("abs", (inner,))
        before = self._tokens[self._at - 2][1] if self._at > 1 else ""
        where = f"after “{before}”" if before else "at the beginning"
        raise Unreadable(f"Something is missing {where}.")

    def _enclosed(self, closing: str) -> Term:
        bars, self._bars = self._bars, self._bars if closing == "|" else 0
        term = self._sum()
        if not self._next(closing):
            text = self._tokens[self._at][1]
            raise Unreadable(
                f"A sign is missing before “{text}”." if text not in ("", ")") else "A parenthesis is open."
            )
        self._bars = bars
        return term

    def _function(self, name: str) -> Term:
        power = None
        if self._next("^"):
            sort, text = self._tokens[self._at]
            if sort != "number":
                raise Unreadable(f"Write the power behind the parenthesis: {name}(…)^2.")
            self._at += 1
            power = Term("number", text=text)
        if not self._next("("):
            raise Unreadable(f"Write {name}(…), with parentheses.")
        term = Term("ln" if name == "log" else name, (self._enclosed(")"),))
        return term if power is None else Term("^", (term, power))

"""What a copy calls, inside the process of the submitted code: this file, compiled, travels in the copy's first cell.

It stands alone (standard library, no import of ours), imports nothing that is not loaded already, and draws its chance
from itself, so that the copy changes nothing that honest code can notice. Each thing is told once.
"""

import os
import sys
from contextlib import suppress
from typing import Any

_MOST = 20
"""How much of what is as it should be is told of one cell: a pipe holds 64 KiB."""
_MOST_LEAVES = 2000
_LIBRARIES = ("numpy", "pandas", "unittest", "contextlib", "nose", "math", "torch", "functools")
_LETTERS = "bcdfghjklmnpqrstvwxz"


class Kit:
    """Told of what happens at each site; writes it to ``fd`` in short lines that begin with ``token``."""

    def __init__(self, fd: int, token: str, seed: int) -> None:
        # a learner may have numbers wrapped as they are read (SymPy's sessions do)
        self.fd, self.token, self.chance = int(fd), token, int(seed) or 1
        self.write, self.exc_info = os.write, sys.exc_info
        self.cell = self.told = 0
        self.seen: set[tuple[int, str, int]] = set()
        self.truths: dict[int, bool] = {}
        with suppress(OSError):
            os.set_blocking(self.fd, False)

    # what the copy says of itself

    def tell(self, kind: str, number: int) -> None:
        number = int(number)
        key = (self.cell, kind, number)
        if key in self.seen or (kind in "fx" and self.told >= _MOST):
            return
        self.told += kind in "fx"
        self.seen.add(key)
        self.tell_nonce(kind, str(number))

    def tell_nonce(self, kind: str, text: str) -> None:
        with suppress(OSError):
            self.write(self.fd, f"{self.token}{kind}{self.cell}.{text}\n".encode())

    def begin(self, cell: int) -> None:
        self.cell, self.told = int(cell), 0
        self.tell("b", 0)

    def close(self, nonce: str) -> None:
        self.tell_nonce("c", nonce)

    # what happened at a site

    def stayed(self, number: int) -> None:
        """An assertion on a fresh value went by."""
        self.tell("p", number)

    def fell(self, number: int) -> None:
        """An assertion on a fresh value raised; told apart from what raised before there was a comparison."""
        _, _, trace = self.exc_info()
        trace = trace and trace.tb_next
        first = trace
        while trace is not None:
            code = trace.tb_frame.f_code.co_name
            if code in ("__eq__", "__ne__", "__bool__") or (trace is first and _compares(trace.tb_frame)):
                self.tell("f", number)
                return
            trace = trace.tb_next
        self.tell("f" if first is None else "x", number)

    def raised(self, number: int) -> None:
        """A statement ended with an error that no site's assertion accounts for."""
        self.tell("x", number)

    def aside(self, number: int) -> None:
        """An assertion with sites inside raised: they were told of, unless the comparison itself raised."""
        kind, _, trace = self.exc_info()
        if kind is not AssertionError or trace is None or trace.tb_next is not None:
            self.fell(number)

    def site(self, number: int, value: Any) -> Any:
        """A comparison with a fresh value, inside an expression: is it true, false, or one of nothing?"""
        size = _size(value)
        if size == 0:
            self.tell("v", number)
        elif _true(value):
            self.tell("p", number)
        else:
            self.tell("f", number)
        return value

    def differs(self, number: int, value: Any) -> Any:
        """The same for ``!=``."""
        size = _size(value)
        if size == 0:
            self.tell("v", number)
        else:
            self.tell("f" if _some(value) else "p", number)
        return value

    def looked(self, number: int, value: Any) -> Any:
        """The actual side of a call that is content with empty data."""
        if _size(value) == 0:
            self.tell("v", number)
        return value

    # whether an assertion is heard

    def truth(self, number: int, value: Any) -> Any:
        try:
            self.truths[number] = bool(value)
        except BaseException:  # the assertion raises the same in a moment
            self.truths[number] = False
        return value

    def heard(self, number: int) -> None:
        """Behind an assertion: it was evaluated, and was true."""
        if not self.truths.pop(number, False):
            self.tell("s", number)

    # fresh values

    def number(self) -> int:
        """A number of seven to ten digits (xorshift)."""
        x = self.chance
        x ^= (x << 13) & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= (x << 17) & 0xFFFFFFFFFFFFFFFF
        self.chance = x
        return 1_000_000 + x % 8_999_999_999

    def word(self) -> str:
        return "".join(_LETTERS[self.number() % 20] for _ in range(12))

    def fresh(self, value: Any) -> Any:
        """A value like this one that equals nothing honest."""
        try:
            self.leaves = _MOST_LEAVES
            return self.like(value)
        except Exception:
            return self.number()

    def like(self, value: Any) -> Any:
        self.leaves -= 1
        if self.leaves < 0:
            raise ValueError
        kind = type(value)
        if kind in (int, float, complex):
            return self.away(value)
        if kind is str:
            return self.word()
        if kind is bytes:
            return self.word().encode()
        if kind in (list, tuple, set, frozenset):
            return kind([self.like(one) for one in value] or [self.number()])
        if kind is dict:
            return {key: self.like(one) for key, one in value.items()} or {self.number(): self.number()}
        module = (kind.__module__ or "").split(".")[0]
        if module == "numpy":
            return self.like_numpy(value)
        if module == "pandas":
            return self.like_pandas(value)
        if module in ("decimal", "fractions"):
            return kind(self.away(0)) if value != value else self.away(value)
        if module == "datetime":
            return value + sys.modules["datetime"].timedelta(days=1 + self.number() % 9000)
        return self.number()

    def away(self, value: Any) -> Any:
        """On the other side of zero and further out, whatever the tolerance."""
        number = self.number()
        if isinstance(value, complex):
            return complex(self.away(value.real), self.away(value.imag))
        if isinstance(value, float) and not -1e300 < value < 1e300:
            return number + 0.5
        factor = 2 + number % 7
        return -value * factor - number if value >= 0 else -value * factor + number

    def like_numpy(self, value: Any) -> Any:
        numpy = sys.modules["numpy"]
        if isinstance(value, numpy.generic):
            return self.like(value.item())
        if value.size == 0:
            return numpy.array([self.number() for _ in range(2 + self.number() % 3)])
        if value.dtype.kind in "iufb":
            wide = value.astype(float)
            wide[~numpy.isfinite(wide)] = 0
            wide[abs(wide) > 1e200] = 0
            found = -wide * (2 + self.number() % 7) - numpy.where(wide >= 0, 1, -1) * float(self.number())
            return found.astype(value.dtype) if value.dtype.kind == "i" and value.dtype.itemsize == 8 else found
        if value.dtype.kind in "US":
            return numpy.array([self.word() for _ in range(value.size)]).reshape(value.shape)
        if value.dtype.kind == "O":
            found = numpy.empty(value.size, dtype=object)
            for index, one in enumerate(value.ravel()):
                found[index] = self.like(one)
            return found.reshape(value.shape)
        return numpy.array([self.number() for _ in range(value.size)]).reshape(value.shape)

    def like_pandas(self, value: Any) -> Any:
        pandas = sys.modules["pandas"]
        if isinstance(value, pandas.DataFrame) and value.size:
            return pandas.DataFrame(self.like_numpy(value.to_numpy()), index=value.index, columns=value.columns)
        if isinstance(value, pandas.Series) and value.size:
            return pandas.Series(self.like_numpy(value.to_numpy()), index=value.index, name=value.name)
        if isinstance(value, pandas.Index) and value.size:
            return pandas.Index(self.like_numpy(value.to_numpy()), name=value.name)
        return self.number()


def _compares(frame: Any) -> bool:
    """Whether this is a library's own comparison, or an assertion by its name."""
    module = str(frame.f_globals.get("__name__", "")).split(".")[0]
    return module in _LIBRARIES or frame.f_code.co_name.startswith("assert")


def _size(value: Any) -> int | None:
    """How many things were compared, for an array or a table."""
    module = (type(value).__module__ or "").split(".")[0]
    if module not in ("numpy", "pandas", "torch", "scipy", "xarray"):
        return None
    try:
        size = value.numel() if module == "torch" else value.size
        return int(size)
    except Exception:
        return None


def _true(value: Any) -> bool:
    try:
        if _size(value) is not None:
            return bool(sys.modules["numpy"].asarray(value).all())
        return bool(value)
    except BaseException:
        return False


def _some(value: Any) -> bool:
    try:
        if _size(value) is not None:
            return bool(sys.modules["numpy"].asarray(value).any())
        return bool(value)
    except BaseException:
        return True

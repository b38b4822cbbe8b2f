"""Tables as spreadsheets and learning management systems write them: any delimiter, encoding and quirk of Excel's."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_kit.errors import Invalid, NotFound
from course_kit.files.atomic import write_atomically

MAX_TABLE = 50 * 1024**2
_NUMBER = re.compile(r"-[\d.,]*%?", re.ASCII)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """One line of a table; ``line`` counts from 1 in the file, the header included."""

    line: int
    cells: Mapping[str, str]

    def get(self, *names: str) -> str:
        """The first filled cell below one of these headers (compared by :func:`plain_header`)."""
        return next((self.cells[name] for name in names if self.cells.get(name)), "")


@dataclass(frozen=True)
class Table:
    """``headers`` as plain names, in their order."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]


def plain_header(text: str) -> str:
    """``E-Mail-Adresse `` as ``emailadresse``: letters and digits only, without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "", plain)


def read_table(path: Path) -> Table:
    """The table in a CSV file. Raises :class:`NotFound` or :class:`Invalid` (no text, no header, too large)."""
    rows = read_rows(path)
    headers = [plain_header(cell) for cell in rows[0][1]]
    return Table(
        tuple(headers),
        tuple(Row(line, _cells(headers, cells)) for line, cells in rows[1:]),
    )


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """The lines of a CSV file as they stand there, with their numbers; blank ones are left out, one at least is there.

    Raises as :func:`read_table` does.
    """
    try:
        if path.stat().st_size > MAX_TABLE:
            raise Invalid(f"{path} is too large for a list of people.", hint="Choose the CSV export, not an archive.")
        text = _decode(path.read_bytes(), path)
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(f"There is no file {path}.", hint="Check its name and folder.") from None
    lines = text.splitlines(keepends=True)
    skipped = 0
    delimiter = None
    if lines and lines[0].lower().startswith("sep="):
        delimiter, skipped = lines[0].strip()[4:5] or None, 1
    body = "".join(lines[skipped:])
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter or _delimiter(body))
    try:
        rows = [(reader.line_num + skipped, cells) for cells in reader]
    except csv.Error as error:
        where = reader.line_num + skipped
        raise Invalid(f"{path}, line {where}: this is no CSV table ({error}).", hint=_EXPORT) from error
    rows = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    if not rows:
        raise Invalid(f"{path} is empty.", hint=_EXPORT)
    return rows


_EXPORT = "Export it once more as CSV (comma separated values, UTF-8)."


def _cells(headers: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for header, cell in zip(headers, cells, strict=False):
        if header and header not in found:
            found[header] = unguarded(cell.replace("\0", "").strip())
    return found


def _decode(content: bytes, path: Path) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", errors="replace")
    if content[:4] == b"PK\x03\x04":
        raise Invalid(f"{path} is a spreadsheet or an archive, not a CSV table.", hint=_EXPORT)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(body: str) -> str:
    first = next((line for line in body.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=unquoted.count)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; a number below zero is none."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """What :func:`guarded` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_DANGEROUS) else cell


def write_table(path: Path, headers: Sequence[str], rows: Iterable[Sequence[str]], *, mark: bool = False) -> None:
    """A CSV file that spreadsheets open without running anything, written atomically.

    ``mark``: begin with a byte order mark where there is more than ASCII in it, for Excel takes it for another encoding
    without one.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    text = buffer.getvalue()
    write_atomically(path, text if not mark or text.isascii() else "\ufeff" + text)

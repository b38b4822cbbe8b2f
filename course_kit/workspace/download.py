"""Fetch a release from an address: bounded, streamed to a file, with errors that a learner can act on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from course_kit.errors import Invalid, Unavailable
from course_kit.files.atomic import disk_errors

MAX_DOWNLOAD = 500 * 1024**2
"""The most bytes that are taken from an address."""
_TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as gone."""


def is_address(source: str) -> bool:
    return "://" in source


@contextmanager
def downloaded(
    address: str,
    *,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    max_bytes: int = MAX_DOWNLOAD,
) -> Iterator[Path]:
    """The file at ``address`` (https or http), which is gone again at the end.

    ``progress`` counts bytes; the total is 0 where the server does not say. Raises :class:`Invalid` for any other
    kind of address or a file that is too large, :class:`Unavailable` where it cannot be fetched.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Invalid(f"{address} is no address.", hint="Check the link: something in it is missing.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise Invalid(
            f"{address} cannot be opened: only addresses that begin with https:// or http:// can.",
            hint="Download the file yourself and open it by its name.",
        )
    with TemporaryDirectory(prefix="course-kit-") as folder:
        name = unquote(parts.path.rsplit("/", 1)[-1])
        path = Path(folder) / (name if name.endswith(".zip") and "/" not in name and "\\" not in name else "course.zip")
        _fetch(address, path, progress, max_bytes)
        yield path


def _fetch(address: str, path: Path, progress: Callable[[int, int, str], None], max_bytes: int) -> None:
    import httpx

    host = urlsplit(address).hostname
    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=_TIMEOUT) as answer:
            if answer.status_code != httpx.codes.OK:
                raise Unavailable(
                    f"{host} has no such file for you (it answered {answer.status_code}): {address}",
                    hint="Check the link; if it asks for a login, download the file in your browser and open that.",
                )
            length = answer.headers.get("content-length", "")
            total = int(length) if length.isdecimal() else 0
            if total > max_bytes:
                raise _too_large(address, max_bytes)
            done = 0
            with disk_errors("The download"), path.open("wb") as stream:
                for part in answer.iter_bytes(1 << 16):
                    done += len(part)
                    if done > max_bytes:
                        raise _too_large(address, max_bytes)
                    stream.write(part)
                    progress(done, max(total, done), "downloading")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(
            f"{address} could not be fetched: {str(error) or type(error).__name__}.",
            hint="Check the link and your connection, or open a file that you already have.",
        ) from error


def _too_large(address: str, max_bytes: int) -> Invalid:
    return Invalid(
        f"The file at {address} is larger than {max_bytes // 1024**2} MB.",
        hint="Check that the link leads to a course file.",
    )

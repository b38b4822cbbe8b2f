"""Opening a link: a real server on this machine, and everything that servers do wrong."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, Tampered, Unavailable
from course_kit.workspace.download import downloaded
from course_kit.workspace.open import open_course


@pytest.fixture
def site(author: Any) -> Iterator[str]:
    """A web server: ``/tiny.course.zip`` is the release."""
    content = author.releases().archive.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: dict[str, tuple[int, dict[str, str], bytes]] = {
                "/tiny.course.zip": (200, {"Content-Length": str(len(content))}, content),
                "/moved": (302, {"Location": "/tiny.course.zip", "Content-Length": "0"}, b""),
                "/to-a-file": (302, {"Location": "file:///etc/passwd", "Content-Length": "0"}, b""),
                "/cut": (200, {"Content-Length": str(len(content))}, content[:100]),
                "/page": (200, {"Content-Length": "13"}, b"<html></html>"),
                "/endless": (200, {}, b"x" * 5000),
            }
            status, headers, body = answers.get(self.path, (404, {"Content-Length": "0"}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_link_opens_like_the_file(laptop: Any, site: str) -> None:
    seen: list[tuple[int, int, str]] = []
    opened = open_course(
        f"{site}/tiny.course.zip",
        to=laptop.copy,
        data=laptop.data,
        at=laptop.later(),
        progress=lambda done, total, what: seen.append((done, total, what)),
    )
    assert opened.first_run
    loaded = [step for step in seen if step[2] == "downloading"]
    assert loaded[-1][0] == loaded[-1][1] > 0
    assert not laptop.opens(f"{site}/moved").first_run


def test_what_servers_do_wrong_is_named_and_leaves_nothing(laptop: Any, site: str) -> None:
    for path, error, words in (
        ("/nothing", Unavailable, "it answered 404"),
        ("/cut", Unavailable, "could not be fetched"),
        ("/to-a-file", Unavailable, "could not be fetched"),
        ("/page", Tampered, "not a whole zip"),
    ):
        with pytest.raises(error, match=words):
            laptop.opens(site + path)
    assert not laptop.copy.exists()


def test_a_file_that_does_not_end_is_left(site: str) -> None:
    for path in ("/endless", "/tiny.course.zip"):
        with pytest.raises(Invalid, match="larger than"), downloaded(site + path, max_bytes=1000):
            pass


def test_the_file_is_gone_afterwards(site: str) -> None:
    with downloaded(f"{site}/tiny.course.zip") as path:
        kept = Path(path)
        assert kept.name == "tiny.course.zip"
    assert not kept.exists()

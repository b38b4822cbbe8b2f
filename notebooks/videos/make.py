"""Make median.webm and its small version: `python notebooks/videos/make.py` (needs playwright and Chromium).

median.js draws each frame, Chromium encodes them (WebCodecs, VP9), and what comes out is put into a WebM file with its
length and an index, so that players can seek in it. Captions (median.en.vtt) and the text version (median.md) are
written by hand: whoever changes the pictures changes them, too.
"""

import base64
import shutil
import struct
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent
RATE = 24
SECONDS = 42
SIZES = {"median.webm": (640, 360, 90_000), "median-small.webm": (320, 180, 25_000)}
"""By file: width, height, bits a second."""
POSTER = ("median.webp", 33.0)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
Frame = tuple[int, bool, bytes]
"""When (microseconds), whether it stands for itself, and its bytes."""


def element(name: int, content: bytes) -> bytes:
    """An EBML element (RFC 8794): its name, its size in eight bytes, its content."""
    size = (0x01 << 56 | len(content)).to_bytes(8, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content


def number(name: int, value: int) -> bytes:
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def webm(frames: list[Frame], width: int, height: int) -> bytes:
    """A WebM file (RFC 9559) with one track, a cluster from each frame that stands for itself, and their index."""
    head = element(
        0x1A45DFA3,
        number(0x4286, 1) + number(0x42F7, 1) + number(0x42F2, 4) + number(0x42F3, 8)
        + element(0x4282, b"webm") + number(0x4287, 4) + number(0x4285, 2),
    )  # fmt: skip
    length = element(0x4489, struct.pack(">d", SECONDS * 1000.0))
    info = element(
        0x1549A966, number(0x2AD7B1, 1_000_000) + length + element(0x4D80, b"make") + element(0x5741, b"make")
    )
    video = element(0xE0, number(0xB0, width) + number(0xBA, height))
    track = number(0xD7, 1) + number(0x73C5, 1) + number(0x83, 1) + element(0x86, b"V_VP9") + video
    tracks = element(0x1654AE6B, element(0xAE, track))
    clusters: list[tuple[int, bytes]] = []
    for at, key, content in frames:
        milliseconds = round(at / 1000)
        if key:
            clusters.append((milliseconds, number(0xE7, milliseconds)))
        begin, before = clusters[-1]
        block = b"\x81" + struct.pack(">hB", milliseconds - begin, 0x80 if key else 0) + content
        clusters[-1] = (begin, before + element(0xA3, block))
    written = [(begin, element(0x1F43B675, content)) for begin, content in clusters]
    at = len(seek_head(0)) + len(info) + len(tracks)
    points = b""
    for begin, content in written:
        place = element(0xB7, number(0xF7, 1) + element(0xF1, at.to_bytes(8, "big")))
        points += element(0xBB, number(0xB3, begin) + place)
        at += len(content)
    body = seek_head(at) + info + tracks + b"".join(content for _, content in written) + element(0x1C53BB6B, points)
    return head + element(0x18538067, body)


def seek_head(cues_at: int) -> bytes:
    """Where the index stands; always of one length."""
    return element(
        0x114D9B74, element(0x4DBB, element(0x53AB, b"\x1c\x53\xbb\x6b") + element(0x53AC, cues_at.to_bytes(8, "big")))
    )


def main() -> None:
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(filter(None, found), None), args=FLAGS)
        page = browser.new_page()
        page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto("http://localhost/")  # encoders are there for pages from a safe place only
        page.add_script_tag(content=(FOLDER / "median.js").read_text(encoding="utf-8"))
        for name, (width, height, bitrate) in SIZES.items():
            made = page.evaluate("given => record(...given)", [width, height, RATE, bitrate, POSTER[1]])
            frames = [(at, key, base64.b64decode(content)) for at, key, content in made["frames"]]
            content = webm(frames, width, height)
            (FOLDER / name).write_bytes(content)
            print(f"{name}: {len(frames)} frames, {len(content) / 1000:.0f} kB")
            if name == "median.webm":
                (FOLDER / POSTER[0]).write_bytes(base64.b64decode(made["poster"]))
        browser.close()


if __name__ == "__main__":
    main()

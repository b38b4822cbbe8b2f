"""Frames between the processes of one run: four bytes of length, then JSON. Standard library only."""

import json
import socket
import struct
from typing import Any

MAX_FRAME = 256 * 2**20
HEAD = struct.Struct(">I")


class Broken(Exception):
    """The other side ended, or sent what is no frame."""


class Flood(Broken):
    """A frame that is longer than it may be."""


def frame(value: Any) -> bytes:
    """The bytes that carry ``value``."""
    return frame_text(json.dumps(value))


def frame_text(text: str) -> bytes:
    """The bytes that carry a value that is JSON already."""
    body = text.encode()
    return HEAD.pack(len(body)) + body


def send(channel: socket.socket, value: Any) -> None:
    """Send one value whole. Raises :class:`Broken` where nobody reads any more."""
    try:
        channel.sendall(frame(value))
    except OSError as error:
        raise Broken(str(error)) from error


def send_bytes(channel: socket.socket, body: bytes) -> None:
    """Send bytes as one frame, as they are. Raises :class:`Broken`."""
    try:
        channel.sendall(HEAD.pack(len(body)) + body)
    except OSError as error:
        raise Broken(str(error)) from error


def receive_bytes(channel: socket.socket, limit: int = MAX_FRAME) -> bytes:
    """The next frame's bytes; waits for it. Raises :class:`Broken` at the end, and for a frame beyond ``limit``."""
    (length,) = HEAD.unpack(_exactly(channel, HEAD.size))
    if length > limit:
        raise Broken(f"a frame of {length:,} bytes")
    return _exactly(channel, length)


def _exactly(channel: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        try:
            piece = channel.recv(min(length - len(found), 2**20))
        except OSError as error:
            raise Broken(str(error)) from error
        if not piece:
            raise Broken("the other side ended")
        found += piece
    return bytes(found)


def receive(channel: socket.socket, limit: int = MAX_FRAME) -> Any:
    """The next value, from a process that is ours; waits for it. Raises :class:`Broken`."""
    return json.loads(receive_bytes(channel, limit))


class Frames:
    """Frames taken from a channel as they come, never waiting: what is read of a process that nobody vouches for."""

    def __init__(self, channel: socket.socket, limit: int = MAX_FRAME) -> None:
        self._channel, self._limit = channel, limit
        self._buffer = bytearray()

    def read(self) -> list[tuple[Any, int]]:
        """All values that are there, each with its length; for a readable channel. Raises :class:`Broken`."""
        try:
            piece = self._channel.recv(2**20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except OSError as error:
            raise Broken(str(error)) from error
        if not piece:
            raise Broken("the other side ended")
        self._buffer += piece
        found = []
        while (value := self._next()) is not None:
            found.append(value)
        return found

    def _next(self) -> tuple[Any, int] | None:
        if len(self._buffer) < HEAD.size:
            return None
        (length,) = HEAD.unpack_from(self._buffer)
        if length > self._limit:
            raise Flood(f"a frame of {length:,} bytes")
        if len(self._buffer) < HEAD.size + length:
            return None
        body = bytes(self._buffer[HEAD.size : HEAD.size + length])
        del self._buffer[: HEAD.size + length]
        try:
            return json.loads(body), length
        except (ValueError, RecursionError) as error:
            raise Broken(f"a frame that is not JSON: {error}") from error

"""ipykernel's own kernel over a pipe instead of ZeroMQ: the same shell, displays and errors, no sockets, no threads.

Built once in the zygote, before anything is forked: building the shell is most of what a kernel's start costs.
"""

import asyncio
import base64
import inspect
import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from io import StringIO, TextIOBase
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel import compiler
from ipykernel.ipkernel import IPythonKernel
from ipykernel.jsonutil import json_clean
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from traitlets import default

from course_kit.execution.murmur import murmur2_x86
from course_kit.execution.tracebacks import remember_lines
from course_kit.execution.wire import Broken, frame_text

_FLUSH_SECONDS = 0.2
"""ipykernel sends what was printed at least this often."""


class PipeSession(Session):
    """Sends what ipykernel publishes down a socket as one frame a message; a fork of the learner's sends nothing."""

    channel: socket.socket | None = None
    heard: list[str] | None = None
    """Where set, nothing is sent, and only how each request ended is kept: ok, asserted or error."""

    def attach(self, channel: socket.socket) -> None:
        self.channel, self.owner, self.write_lock = channel, os.getpid(), threading.Lock()

    def send(
        self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        if isinstance(msg_or_type, dict):
            msg, buffers = msg_or_type, kwargs.get("buffers")
        else:
            msg = self.msg(msg_or_type, content=content, parent=parent, metadata=kwargs.get("metadata"))
            buffers = kwargs.get("buffers")
        if self.heard is not None:
            if msg["header"]["msg_type"] == "execute_reply":
                status = msg["content"]["status"]
                asserted = status == "error" and msg["content"].get("ename") == "AssertionError"
                self.heard.append("asserted" if asserted else status)
            return msg
        if self.channel is None or os.getpid() != self.owner:
            return msg
        sent = {
            "type": msg["header"]["msg_type"],
            "parent": msg.get("parent_header", {}).get("msg_id", ""),
            "content": msg["content"],
        }
        if buffers:
            sent["buffers"] = [base64.b64encode(memoryview(one)).decode() for one in buffers]
        try:
            found = _framed(sent)
        except (TypeError, ValueError):
            found = _framed(json_clean(sent))
        with self.write_lock:
            self.channel.sendall(found)
        return msg


def _framed(sent: dict[str, Any]) -> bytes:
    return frame_text(json.dumps(sent, default=json_default))


class PipeStream(TextIOBase):
    """Standard output or error of the notebook. What the process writes to the descriptor itself is taken in as well:
    the descriptor is a file in memory, which is read whenever this one is written or flushed."""

    encoding = "UTF-8"
    errors = "strict"

    def __init__(self, session: PipeSession, name: str) -> None:
        super().__init__()
        self.session, self.name = session, name
        self.parent_header: dict[str, Any] = {}
        self._buffer, self._began = StringIO(), 0.0
        self._lock = threading.RLock()
        self._owner, self._file, self._read, self._other = os.getpid(), -1, 0, -1

    def attach(self, descriptor: int, other: int) -> None:
        """Begin in a fresh process: ``descriptor`` is the file behind 1 or 2, ``other`` what ``fileno()`` tells."""
        self._owner, self._file, self._read, self._other = os.getpid(), descriptor, 0, other

    def set_parent(self, parent: dict[str, Any]) -> None:
        self.parent_header = parent.get("header", {})

    def fileno(self) -> int:
        return self._other

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self._owner:
            os.write(1 if self.name == "stdout" else 2, text.encode(errors="replace"))
            return len(text)
        with self._lock:
            self._take_in()
            now = time.monotonic()
            if not self._buffer.tell():
                self._began = now
            self._buffer.write(text)
            if now - self._began > _FLUSH_SECONDS:
                self._send()
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if os.getpid() == self._owner:
            with self._lock:
                self._take_in()
                self._send()

    def _take_in(self) -> None:
        if self._file < 0:
            return
        while piece := os.pread(self._file, 2**20, self._read):
            self._read += len(piece)
            self._buffer.write(piece.decode(errors="replace"))

    def _send(self) -> None:
        text = self._buffer.getvalue()
        if text:
            self._buffer = StringIO()
            message = self.session.msg(
                "stream", {"name": self.name, "text": text}, parent={"header": self.parent_header}
            )
            self.session.send(None, message)


class PipeKernel(IPythonKernel):
    """The IPython kernel without channels: the runner hands it one request after another."""

    session: Any
    shell: Any

    def set_parent(self, ident: Any, parent: Any, channel: str = "shell") -> None:
        super().set_parent(ident, parent, channel)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, PipeStream):
                stream.set_parent(parent)

    def _abort_queues(self, subshell_id: Any = None) -> None:
        """There is no queue: cells are sent one by one."""


class PipeKernelApp(IPKernelApp):
    """ipykernel's application with the steps left out that open sockets, write files or start threads."""

    kernel_class = PipeKernel

    @default("session")
    def _pipe_session(self) -> PipeSession:
        return PipeSession(parent=self, key=b"unused: nothing is sent over a network")

    def init_connection_file(self) -> None:
        self.connection_file = "kernel.json"

    def init_crash_handler(self) -> None:
        """Nobody is there to read a crash report."""

    def init_poller(self) -> None:
        self.poller = None

    def init_sockets(self) -> None:
        """Nothing listens."""

    def init_heartbeat(self) -> None:
        self.heartbeat = None

    def write_connection_file(self, **kwargs: Any) -> None:
        """Nobody connects."""

    def log_connection_info(self) -> None:
        self._ports = {}

    def init_io(self) -> None:
        from ipykernel.displayhook import ZMQDisplayHook

        sys.stdout = PipeStream(self.session, "stdout")
        sys.stderr = PipeStream(self.session, "stderr")
        self.displayhook = ZMQDisplayHook(self.session, None)
        sys.displayhook = self.displayhook

    def init_kernel(self) -> None:
        self.kernel = self.kernel_class.instance(
            parent=self,
            session=self.session,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
            # asked only which thread is the main one
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
        )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count


def build_kernel() -> PipeKernel:
    """The kernel with its shell, in a process that will be forked: no thread is started, nothing is printed."""
    compiler.murmur2_x86 = murmur2_x86
    app = PipeKernelApp.instance()
    app.config.HistoryManager.enabled = False
    app.config.InteractiveShell.cache_size = 1000
    app.initialize([])
    _find_files_beside()
    kernel: PipeKernel = app.kernel
    # `exit` in a cell would stop the loop: what follows is still marked
    kernel.shell.keepkernel_on_exit = True
    # IPython formats each error a second time, for the %notebook magic alone: 2 ms
    kernel.shell._format_exception_for_storage = _unformatted
    remember_lines(kernel.shell.InteractiveTB)
    _exercise(kernel)
    return kernel


def _find_files_beside() -> None:
    """Put the working folder where IPython puts it among the places that modules are looked for.

    IPython itself does not where Python was started with ``-P``, as this process was.
    """
    if "" not in sys.path:
        packages = (at for at, path in enumerate(sys.path) if Path(path).name in {"site-packages", "dist-packages"})
        sys.path.insert(next(packages, len(sys.path)), "")


def _unformatted(exception: BaseException, *_: Any, **__: Any) -> dict[str, Any]:
    # its text is the learner's code and may raise
    return {"ename": type(exception).__name__, "evalue": "", "traceback": []}


def _exercise(kernel: PipeKernel) -> None:
    """Do once what each kernel would do for the first time: half of a small notebook's cost is first times."""
    names = dict(kernel.shell.user_ns)
    kernel.session.heard = []
    # an error in a cell, and one in a library's file, are laid out each in its own way
    errors = ("1 / 0", "__import__('json').loads('[')")
    for source in ("print(1)", "2", *errors, "import asyncio\nawait asyncio.sleep(0)"):
        asyncio.run(execute(kernel, source, "", "exercise"))
    kernel.session.heard = None
    kernel.shell.reset(new_session=True)
    for name, value in names.items():
        kernel.shell.user_ns.setdefault(name, value)
    kernel.shell._last_traceback = None
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        sys.__dict__.pop(name, None)
    asyncio.set_event_loop(None)


async def execute(kernel: PipeKernel, source: str, cell_id: str, name: str) -> None:
    """Run one cell as an execute request named ``name``; outputs and the reply go down the pipe."""
    from tornado.ioloop import IOLoop

    kernel.io_loop = IOLoop.current()
    request = {
        "header": {"msg_id": name, "msg_type": "execute_request", "username": "", "session": "", "version": "5.3"},
        "parent_header": {},
        "metadata": {"cellId": cell_id},
        "content": {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        },
        "buffers": [],
    }
    with suppress(Exception):
        # no module has a cell's name: else each line of a traceback looks through all modules, 5 ms an error
        inspect.modulesbyfile[compiler.get_file_name(source)] = ""
    kernel.set_parent([], request)
    kernel.pre_handler_hook()
    try:
        await kernel.execute_request(None, [], request)
    except (KeyboardInterrupt, asyncio.CancelledError):
        # an interrupt that came between the cell's last line and the reply
        content = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
        kernel.session.send(None, "execute_reply", content, request)
    except Broken:
        os._exit(1)
    finally:
        kernel.post_handler_hook()

"""Runs attacks one after another as a zygote, a keeper and a runner would: one JSON line in, one JSON line out."""

import base64
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from course_kit.execution import sandbox
from course_kit.execution.folder import remove_folder
from course_kit.execution.sandbox import processes
from course_kit.model.limits import Limits

TICK = 0.05


def run(told: dict) -> None:
    """Be the runner."""
    try:
        answer = {}
        space = {"answer": answer, "Path": Path, "os": os, "sys": sys, "time": time, "evidence": told["evidence"]}
        exec(compile(told["source"], "<attack>", "exec"), space)  # noqa: S102 (that is what it is for)
        print(answer or "ok", flush=True)
    except BaseException as error:
        name = type(error).__name__
        print(f"{name} {error.errno}" if isinstance(error, OSError) and error.errno else f"{name}: {error}", flush=True)
    finally:
        os._exit(0)


def keep(told: dict, scratch: Path) -> dict:
    limits = Limits(**told["limits"])
    layers = set(sandbox.LAYERS) - set(told["without"])
    isolation = sandbox.isolate(limits, scratch, layers=layers)
    outputs = tempfile.TemporaryFile()  # noqa: SIM115 (the runner's, until it ends)
    evidence, writable = os.pipe()
    runner = sandbox.fork_runner()
    if runner == 0:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(outputs.fileno(), 1)
        os.dup2(outputs.fileno(), 2)
        os.chdir(scratch)
        os.environ["TMPDIR"] = str(scratch)
        tempfile.tempdir = None
        told["evidence"] = writable
        sandbox.confine(limits, scratch, keep={0, 1, 2, writable}, layers=layers, serves=told["serves"])
        if told["proof"]:
            sandbox.confine_proof()
        run(told)
    os.close(writable)
    watch = sandbox.Watch(runner, limits, scratch)
    began, fault, ended = time.monotonic(), None, False
    while fault is None and time.monotonic() < began + told["seconds"]:
        time.sleep(TICK / 10 if time.monotonic() < began + 0.2 else TICK)
        fault = watch.check()
        if not processes.lives(runner):
            ended = True
            break
        if told["killed"] and (scratch / "ready").exists():
            # as an impatient person, or the machine's memory, would end it
            os.kill(os.getpid(), 9)
    seconds = time.monotonic() - began
    left = watch.sweep()
    swept = time.monotonic() - began - seconds
    standing = [one for one in processes.children(os.getpid()) if one != isolation.init]
    standing += processes.children(isolation.init) if isolation.init else []
    isolation.close()
    os.set_blocking(evidence, False)
    try:
        shown = os.read(evidence, 65536).decode()
    except BlockingIOError:
        shown = ""
    outputs.seek(0)
    return {
        "text": outputs.read(100_000).decode(errors="replace").strip(), "fault": fault, "ended": ended, "left": left,
        "standing": len(standing), "seconds": seconds, "swept": swept, "peak": watch.peak, "layers": isolation.layers,
        "account": isolation.account, "evidence": shown
    }  # fmt: skip


def main() -> None:
    sandbox.prepare()
    print(json.dumps({"ready": os.getpid(), "python": os.access(sys.executable, os.X_OK)}), flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        scratch = Path(tempfile.mkdtemp(prefix="course-kit-attack-"))
        for name, content in told["files"].items():
            (scratch / name).write_bytes(base64.b64decode(content))
        readable, writable = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            try:
                os.write(writable, json.dumps(keep(told, scratch)).encode())
            except BaseException:
                import traceback

                os.write(writable, json.dumps({"broken": traceback.format_exc()}).encode())
            finally:
                os._exit(0)
        os.close(writable)
        with os.fdopen(readable, "rb") as stream:
            found = json.loads(stream.read() or b"{}")
        os.waitpid(keeper, 0)
        if told["killed"]:
            # the kernel ends a namespace's processes in its own time
            time.sleep(0.1)
            found = {"adopted": sandbox.end_orphans(())}
        found["orphans"] = len(processes.children(os.getpid()))
        remove_folder(scratch)
        found["scratch_left"] = scratch.exists()
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

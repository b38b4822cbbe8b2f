"""``make bench``: the figures that course-kit promises, measured on this machine.

Each ``bench_*.py`` beside this file has ``rows()``, which gives (what, measured, asked, met) for its figures. ``--only
grading`` measures that one alone, and ``--only grading.ps1`` one part of a bench that has parts.
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

Row = tuple[str, str, str, bool]
ROUNDS = 7


def _median_seconds(*command: str) -> float:
    """The median wall time of a command in seconds, after one run that warms the disk's cache."""
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def start_rows() -> list[Row]:
    """What it costs to import the package and to ask the command for help; a bare interpreter comes off the first."""
    bare = _median_seconds("-c", "pass")
    imported = _median_seconds("-c", "import course_kit") - bare
    helped = _median_seconds("-m", "course_kit", "--help")
    return [
        ("import course_kit", f"{imported * 1000:.0f} ms", "under 100 ms", imported < 0.1),
        ("course-kit --help", f"{helped * 1000:.0f} ms", "under 300 ms", helped < 0.3),
    ]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def main() -> int:
    words = _words()
    benches = {path.stem.removeprefix("bench_"): path for path in sorted(Path(__file__).parent.glob("bench_*.py"))}
    chosen, _, part = words.only.partition(".")
    if chosen and chosen not in {"start", *benches}:
        raise SystemExit(f"There is no bench {chosen!r}; there are start, {', '.join(benches)}.")
    os.environ["BENCH_FULL"] = "1" if words.full else "0"
    missed = 0
    for name in [chosen] if chosen else ["start", *benches]:
        print(f"measuring {words.only or name} …", file=sys.stderr, flush=True)
        rows = start_rows if name == "start" else _load(benches[name]).rows
        for what, measured, asked, met in rows(part) if part else rows():
            missed += not met
            print(f"{'met   ' if met else 'MISSED'}  {what}: {measured} (asked: {asked})", flush=True)
    return 1 if missed else 0


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure what course-kit promises.")
    parser.add_argument("--only", default="", metavar="BENCH[.PART]", help="such as grading, or grading.ps1")
    parser.add_argument("--full", action="store_true", help="what is compared with grades everybody in every round")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())

"""``make bench``: the figures that course-kit promises, measured on this machine.

Each ``bench_*.py`` beside this file has ``rows()``, which returns (what, measured, asked, met) for its figures.
"""

import importlib.util
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
    spec.loader.exec_module(module)
    return module


def main() -> int:
    benches = sorted(Path(__file__).parent.glob("bench_*.py"))
    missed = 0
    for name, rows in [("start", start_rows), *((path.stem, _load(path).rows) for path in benches)]:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        for what, measured, asked, met in rows():
            missed += not met
            print(f"{'met   ' if met else 'MISSED'}  {what}: {measured} (asked: {asked})", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

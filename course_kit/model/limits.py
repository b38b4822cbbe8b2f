"""What one submitted notebook may use while it is graded. Standard library only, so that a kernel starts fast."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

_SECONDS = {
    "": 1,
    "s": 1,
    "second": 1,
    "seconds": 1,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "hour": 3600,
    "hours": 3600,
}
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
EXAMPLES = {
    "cell": "30 seconds",
    "notebook": "10 minutes",
    "memory": "2 GB",
    "processes": "64",
    "output": "5 MB",
    "disk": "500 MB",
}
"""How an amount of each limit is written."""
_AMOUNT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$")


@dataclass(frozen=True)
class Limits:
    """``cell`` and ``notebook`` in seconds (``cell``: 0 is no limit), ``memory``, ``output`` and ``disk`` in bytes.

    ``cell`` counts the time that the code ran or waited, not the time that it stood in line for a busy processor.
    ``memory`` is for all processes of a notebook together; ``processes`` counts them and their threads.
    ``output`` is what one cell may leave; ``disk`` is what the notebook's folder may grow by.
    """

    cell: float = 30.0
    notebook: float = 600.0
    memory: int = 2 * 10**9
    processes: int = 128
    output: int = 5 * 2**20
    disk: int = 500 * 10**6

    def json_object(self) -> dict[str, float | int]:
        return asdict(self)

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """These limits with some of them set, as written in course.yml or nbgrader_config.py (``memory: 2 GB``).

        Raises :class:`ValueError` naming a limit that does not exist or cannot be read.
        """
        known = {field.name for field in fields(self)}
        unknown = sorted(set(settings) - known)
        if unknown:
            raise ValueError(f"there is no limit {unknown[0]!r}; the limits are {', '.join(sorted(known))}")
        amounts: dict[str, Any] = {name: _amount(name, value) for name, value in settings.items()}
        return replace(self, **amounts)


def _amount(name: str, value: Any) -> float | int:
    units = _SECONDS if name in {"cell", "notebook"} else {"": 1} if name == "processes" else _BYTES
    match = _AMOUNT.match(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    if match is None or match[2].lower() not in units:
        raise ValueError(f"the limit {name} cannot be read from {value!r}; write it like `{name}: {EXAMPLES[name]}`")
    amount = float(match[1]) * units[match[2].lower()]
    if amount <= 0 and name != "cell":
        raise ValueError(f"the limit {name} must be more than 0")
    return amount if name in {"cell", "notebook"} else int(amount)

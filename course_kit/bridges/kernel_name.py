"""Which kernel a notebook names. Loads nothing."""

from collections.abc import Mapping
from typing import Any

NATIVE = "python3"
"""The kernel of this Python."""


def named_kernel(notebook: Mapping[str, Any], wanted: str | None = None) -> str:
    """``wanted``, or the kernel that ``notebook`` names; this Python's where that is none or, as notebooks of long ago
    and jupyter_client have it, ``python``."""
    kernelspec = notebook.get("metadata", {}).get("kernelspec")
    named = wanted or (kernelspec.get("name") if isinstance(kernelspec, Mapping) else None)
    return named if isinstance(named, str) and named not in {"", "python"} else NATIVE

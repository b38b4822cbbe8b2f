"""The seed from which a learner's variants, orders and pools follow: drawn at random once, and kept."""

import json
import re
import secrets
from pathlib import Path

from course_kit.files.atomic import write_atomically
from course_kit.session.asked import FIXED_SEED
from course_kit.session.place import WORKSPACE

_SEED = re.compile(r"^[0-9a-f]{8,64}$")
_FILE = "seed"


def workspace_seed(folder: Path) -> str:
    """The seed of a learner's copy; everybody's for a copy that has none yet (it gets one when it is next opened)."""
    try:
        record = json.loads((folder / WORKSPACE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return FIXED_SEED
    seed = record.get("seed") if isinstance(record, dict) else None
    return seed if isinstance(seed, str) and _SEED.match(seed) else FIXED_SEED


def own_seed(data: Path) -> str:
    """The learner's seed for assignments outside of an opened course, kept in the data folder."""
    path = data / _FILE
    try:
        if not path.exists():
            write_atomically(path, secrets.token_hex(16) + "\n")
        seed = path.read_text(encoding="ascii").strip()
    except Exception:  # a folder that cannot be written costs variety, and no answer
        return FIXED_SEED
    return seed if _SEED.match(seed) else FIXED_SEED

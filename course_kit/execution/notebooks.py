"""nbformat and nbclient for the warm process, whose start a batch waits for.

jsonschema, which nbformat imports, compiles a grammar of web addresses for a check that no notebook asks for, in 0.8 s.
It is imported without that, and then forgotten: submitted code that imports jsonschema gets the whole of it.
"""

import sys

_GRAMMAR = "rfc3987_syntax"


def _import_quickly() -> None:
    if "jsonschema" in sys.modules or _GRAMMAR in sys.modules:
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # that is how Python is told that there is none
    try:
        import nbformat.v4  # noqa: F401
    finally:
        for name in list(sys.modules):
            if name == _GRAMMAR or name.partition(".")[0] == "jsonschema":
                del sys.modules[name]


_import_quickly()

from nbclient import NotebookClient  # noqa: E402
from nbformat import NotebookNode, from_dict  # noqa: E402
from nbformat.v4 import reads  # noqa: E402

__all__ = ["NotebookClient", "NotebookNode", "from_dict", "reads"]

"""What lies beside the browser tests: pytest's importlib mode puts their folder on no path."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_UI = Path(__file__).with_name("ui")


def sibling(name: str) -> ModuleType:
    """The module ``tests/ui/<name>.py``, loaded once."""
    known = f"tests_ui_{name}"
    if known in sys.modules:
        return sys.modules[known]
    spec = importlib.util.spec_from_file_location(known, _UI / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[known] = module
    spec.loader.exec_module(module)
    return module

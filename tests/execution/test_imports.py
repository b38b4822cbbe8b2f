"""What notebooks import is read from their text: installed modules only, whatever the text holds."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.execution.imports import imported_modules, is_installed, refusal


def test_names_installed_modules_and_their_submodules():
    cell = "import json, xml.dom\nfrom collections import abc, OrderedDict\nfrom concurrent import futures as f"
    assert imported_modules([cell]) == (
        "collections",
        "collections.abc",
        "concurrent",
        "concurrent.futures",
        "json",
        "xml.dom",
    )


def test_finds_imports_within_functions_branches_and_tries():
    cell = "def f():\n    import csv\ntry:\n    import tomllib\nexcept ImportError:\n    import nowhere_at_all"
    assert imported_modules([cell]) == ("csv", "tomllib")


@pytest.mark.parametrize(
    "cell",
    [
        "%load_ext autoreload\n!pip install x\nimport csv\nfiles = !ls\nx = %who_ls\ncsv?\ncsv.reader??",
        "%%time\nimport csv",
        "%%capture out\n\nimport csv\n%precision 3",
        "if True:\n    !echo a\n    import csv",
        "import csv\nthis is no Python",
        "import csv  # really?",
        "from csv import (\n    reader,\n    writer,\n)\n) oops (",
        "\n\n  %%timeit -n 1\nimport csv",
    ],
)
def test_reads_around_what_is_not_python(cell):
    assert imported_modules([cell]) == ("csv",)


@pytest.mark.parametrize("cell", ["%%bash\nimport csv", "%%html\nimport csv\n", "%%writefile x.py\nimport csv"])
def test_cells_of_other_languages_import_nothing(cell):
    assert imported_modules([cell]) == ()


def test_matplotlib_may_be_asked_for_by_a_magic():
    pytest.importorskip("matplotlib")
    assert imported_modules(["%matplotlib inline"]) == ("matplotlib.pyplot",)


def test_a_file_beside_the_notebook_is_never_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "helpers_of_ours.py").write_text("raise SystemExit")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert imported_modules(["import helpers_of_ours, pack\nfrom . import x\nfrom .. import csv"]) == ()


def test_what_cannot_be_forked_or_acts_when_imported_is_left_out():
    assert imported_modules(["import torch.nn, tensorflow, this, antigravity, turtle, csv"]) == ("csv",)
    assert refusal("torch.nn.functional") == "it starts threads"
    assert refusal("numpy") == ""


def test_nothing_is_imported_while_looking(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "wsgiref.simple_server", raising=False)  # another test's
    assert is_installed("wsgiref.simple_server")
    assert "wsgiref.simple_server" not in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "import csv\0",
        "(" * 100_000,
        "-" * 100_000 + "1",
        "import " + ".".join(["a"] * 10_000),
        "import \ud800",
        "import os.path.\nimport ..x",
        "from (",
        "\\",
        "x = '\\d'",
    ],
)
def test_hostile_text_never_raises(text):
    imported_modules([text, None, 3])  # type: ignore[list-item]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_raises(text):
    imported_modules([text, "import " + text, "%%time\n" + text])

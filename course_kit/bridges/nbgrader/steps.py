"""A notebook through nbgrader's own preprocessors, in memory: read once, checked once, written once.

nbgrader hands notebooks from step to step through files, and nbconvert copies a notebook three times, checks it against
its schema after every preprocessor, and builds all of them anew. Which preprocessors run, with which settings, and what
they do is the course's and nbgrader's; only the way between them is shorter.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.v4 import rwbase
from nbformat.v4.nbjson import BytesEncoder

_nbformat: Any = nbformat  # it is typed in part
_rwbase: Any = rwbase
_OWN = ("nbgrader.", "nbconvert.", "course_kit.")


class Steps:
    """Some preprocessors, as ``parent`` (nbgrader's exporter) would build them."""

    def __init__(self, kinds: Iterable[Any], parent: Any) -> None:
        self._parent = parent
        # a course's own classes may keep something from notebook to notebook: they are built anew each time
        self._steps = [kind if _is_foreign(kind) else _built(kind, parent) for kind in kinds]

    def run(self, notebook: Any, resources: Any) -> Any:
        """The notebook as it comes out; the one that goes in may be changed. ``resources`` are handed on in place."""
        for step in self._steps:
            built = _built(step, self._parent) if isinstance(step, (type, str)) else step
            notebook, handed_on = built(notebook, resources)
            if handed_on is not resources:
                resources.update(handed_on)
        return notebook


def _is_foreign(kind: Any) -> bool:
    return isinstance(kind, str) or not getattr(kind, "__module__", "").startswith(_OWN)


def _built(kind: Any, parent: Any) -> Any:
    if isinstance(kind, str):
        from traitlets import import_item

        kind = import_item(kind)
    if not isinstance(kind, type):
        return kind  # a function, or built already
    return kind(parent=parent) if hasattr(kind, "class_traits") else kind()


def read_node(path: Path) -> Any:
    """The notebook at ``path`` as nbgrader reads it: notebook format 4, sound. Raises what nbformat raises."""
    text = path.read_text(encoding="utf-8")
    found = json.loads(text)
    if not isinstance(found, dict) or found.get("nbformat") != 4:
        notebook = _nbformat.reads(text, as_version=4)
    else:
        notebook = _nbformat.v4.to_notebook(found)
    names = [cell.get("id") for cell in notebook.cells]
    if notebook.nbformat_minor >= 5 and (None in names or len(set(names)) < len(names)):
        _, notebook = _nbformat.validator.normalize(notebook)
    return notebook


def check_node(notebook: Any) -> None:
    """nbconvert's check after a preprocessor. Raises :class:`nbformat.ValidationError`."""
    _nbformat.validate(notebook, relax_add_props=True)


def write_node(notebook: Any, path: Path, *, final: bool = True) -> None:
    """The notebook at ``path``, as nbconvert's NotebookExporter writes it. ``notebook`` is spent.

    One that is not ``final`` is read by programs only, and not indented: that takes many times as long.
    """
    if final:
        whole = _rwbase.strip_transient(_rwbase.split_lines(notebook))
        text = json.dumps(whole, cls=BytesEncoder, indent=1, sort_keys=True, separators=(",", ": "), ensure_ascii=False)
    else:
        text = json.dumps(_rwbase.strip_transient(notebook), cls=BytesEncoder, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # nbgrader leaves its files read-only
    path.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")


def resources_for(path: Path, *, assignment: str, learner: str, db_url: str) -> Any:
    """What nbgrader and nbconvert tell their preprocessors of the notebook that lies at ``path``."""
    changed = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) if path.exists() else datetime.now(UTC)
    return ResourcesDict(
        unique_key=path.stem,
        output_files_dir=f"{path.stem}_files",
        output_extension=".ipynb",
        nbgrader={"student": learner, "assignment": assignment, "notebook": path.stem, "db_url": db_url},
        metadata=ResourcesDict(
            name=path.stem,
            path=str(path.parent),
            modified_date=f"{changed:%B} {changed.day}, {changed.year}",
        ),
    )


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Have ``values`` in this process's environment for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def quicken() -> None:
    """Have nbgrader read its cell schema once, and check the schema itself once, instead of for every cell."""
    from nbgrader.nbgraderformat import common
    from nbgrader.preprocessors import checkcellmetadata, overwritecells

    if not isinstance(common.jsonschema, _Checked):
        common.jsonschema = _Checked(common.jsonschema)
        for module in (checkcellmetadata, overwritecells):
            validator = module.MetadataValidator()
            module.MetadataValidator = lambda validator=validator: validator


class _Checked:
    """The module ``jsonschema``, whose ``validate`` keeps its validators."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._validators: dict[int, tuple[Any, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def validate(self, instance: Any, schema: Any) -> None:
        """As ``jsonschema.validate``, which see."""
        if id(schema) not in self._validators:
            kind = self._module.validators.validator_for(schema)
            kind.check_schema(schema)
            self._validators[id(schema)] = (schema, kind(schema))
        _, validator = self._validators[id(schema)]
        if not validator.is_valid(instance):
            self._module.validate(instance, schema)

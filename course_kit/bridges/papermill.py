"""papermill: notebooks filled with parameters, and a lesson run from top to bottom to see whether it still works."""

import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError, Invalid, Unavailable

Progress = Callable[[int, int, str], None]
_MAY_RAISE = "raises-exception"


@dataclass(frozen=True)
class FailedCell:
    """The first cell that did not work: its id, its number (from 1), what was raised and what that says.

    After a time-out or the kernel's death papermill does not say which cell it was: then ``cell`` is empty and its
    number 0.
    """

    cell: str
    cell_number: int
    error: str
    message: str
    hint: str = "Open the notebook, restart its kernel and run all cells to see the whole error."


def with_parameters(notebook: Mapping[str, Any], parameters: Mapping[str, Any], *, comment: str) -> dict[str, Any]:
    """``notebook`` (JSON, format 4) with its cell tagged ``parameters`` followed, or its cell tagged
    ``injected-parameters`` replaced, by one that sets ``parameters``. Nothing is run.

    ``comment`` stands above them. The notebook names its kernel. Raises :class:`Invalid` if it is no notebook.
    """
    import nbformat

    with _quiet():
        from papermill.parameterize import parameterize_notebook

        try:
            template = nbformat.from_dict({**notebook})  # type: ignore[no-untyped-call]
            template.metadata.setdefault("papermill", {})
            for cell in template.cells:  # as papermill's own loader leaves them
                cell.metadata.setdefault("tags", [])
            filled = parameterize_notebook(template, dict(parameters), comment=comment)
        except Exception as error:
            raise Invalid(f"This notebook cannot be filled in: {error}") from error
    # what papermill notes of its own is of no use to a learner
    filled.metadata.pop("papermill", None)
    for cell in filled.cells:
        cell.metadata.pop("papermill", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
    return dict(filled)


def run_lesson(
    path: Path,
    *,
    cwd: Path | None = None,
    kernel: str | None = None,
    timeout: int = 600,
    progress: Progress | None = None,
) -> FailedCell | None:
    """Run the notebook at ``path`` and return the first failing cell, or None if all went well.

    It runs in ``cwd`` (its own folder unless said otherwise) and is not changed. ``kernel`` replaces the one that it
    names; ``timeout`` is for one cell, in seconds. A cell tagged ``raises-exception`` may raise. Raises
    :class:`Unavailable` if the kernel is not installed or does not start, :class:`Invalid` if papermill cannot read
    the notebook.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    if progress is not None:
        progress(0, 1, path.name)
    with tempfile.TemporaryDirectory(prefix="course-kit-") as scratch, _quiet():
        output = Path(scratch) / "run.ipynb"
        try:
            executed = papermill.execute_notebook(
                str(path),
                str(output),
                cwd=str(cwd or path.parent),
                kernel_name=kernel,
                progress_bar=False,
                execution_timeout=timeout,
                request_save_on_cell_execute=False,
                kernel_manager_class=_quiet_kernels(),
            )
        except PapermillExecutionError:
            executed = papermill.iorw.load_notebook_node(str(output))
        except Exception as error:
            return _failure_of(error, path, kernel)
        if progress is not None:
            progress(1, 1, path.name)
        return _first_failure(executed)


@contextmanager
def _quiet() -> Iterator[None]:
    """papermill and Jupyter warn about their own affairs (paths, event loops, cell ids) while they run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _quiet_kernels() -> type[Any]:
    """What cells print comes as messages; a kernel's own log (warnings that no author can act on) goes nowhere."""
    from jupyter_client.manager import AsyncKernelManager

    class QuietKernelManager(AsyncKernelManager):
        def start_kernel(self, *arguments: Any, **options: Any) -> Any:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return super().start_kernel(*arguments, **{**options, **quiet})

    return QuietKernelManager


def _failure_of(error: Exception, path: Path, kernel: str | None) -> FailedCell:
    """What an exception of papermill's other than a failing cell means. Raises it as one of ours, or returns a cell."""
    name = type(error).__name__
    if name == "NoSuchKernel":
        raise Unavailable(
            f"{path.name} names the kernel {kernel or getattr(error, 'name', '?')!r}, which is not installed here.",
            hint="Run `jupyter kernelspec list` and choose one with `--kernel`, such as `--kernel python3`.",
        ) from error
    if name in ("CellTimeoutError", "DeadKernelError"):
        what = "a cell took too long" if name == "CellTimeoutError" else "a cell ended the kernel"
        return FailedCell("", 0, name, what)
    if isinstance(error, CourseKitError):
        raise error
    if isinstance(error, RuntimeError):
        raise Unavailable(
            f"The kernel for {path.name} did not start: {error}.", hint="Try it in JupyterLab."
        ) from error
    raise Invalid(f"{path.name} cannot be run: {error}", hint="Open it in JupyterLab and save it again.") from error


def _first_failure(notebook: Any) -> FailedCell | None:
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "papermill-error-cell-tag" in tags:
            continue
        number += 1
        if _MAY_RAISE in tags:
            continue
        for output in cell.get("outputs", []):
            if output.output_type == "error" and not _is_exit(output):
                words = str(output.evalue).strip().splitlines() or ["it says no more"]
                return FailedCell(cell.get("id", ""), number, output.ename, words[0])
        if cell.metadata.get("papermill", {}).get("exception"):
            return FailedCell(cell.get("id", ""), number, "CellExecutionError", "the cell did not finish")
    return None


def _is_exit(output: Any) -> bool:
    return output.ename == "SystemExit" and output.evalue in ("", "0")

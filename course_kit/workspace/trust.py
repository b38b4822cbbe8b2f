"""Make Jupyter trust the notebooks that we wrote ourselves, so that their quizzes show at once."""

import logging
import warnings
from collections.abc import Iterable
from pathlib import Path

_log = logging.getLogger(__name__)


def trust(paths: Iterable[Path]) -> None:
    """Sign notebooks in the learner's own Jupyter data folder. What cannot be signed is left as it is.

    Only for files whose every byte came from a verified release or from the learner's own notebook.
    """
    notebooks = [path for path in paths if path.suffix == ".ipynb"]
    if not notebooks:
        return
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()  # type: ignore[no-untyped-call]
    try:
        for path in notebooks:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
                notary.sign(notebook)  # type: ignore[no-untyped-call]
            except Exception as error:  # Jupyter then shows "not trusted", which its own menu mends; opening goes on
                _log.warning("Jupyter could not be told to trust %s: %s", path, error)
    finally:
        notary.store.close()


def trusted(path: Path) -> bool:
    """Whether Jupyter trusts the notebook at ``path`` as it is now."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()  # type: ignore[no-untyped-call]
    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        return bool(notary.check_signature(notebook))  # type: ignore[no-untyped-call]
    finally:
        notary.store.close()

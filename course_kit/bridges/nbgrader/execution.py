"""The one place where submitted code runs: everything else of grading handles text.

It is nbgrader's own preprocessor, found by the course's settings for it, so that scores are nbgrader's. What replaces
it (warm kernels, a sandbox) replaces this class.
"""

from typing import Any

from nbgrader.preprocessors import Execute

MAX_STREAM = 5 * 1024**2
"""How many characters of printed text one cell may leave; the rest is dropped as it comes."""
_DROPPED = "\n... Output truncated ...\n"


class ExecuteSubmission(Execute):  # type: ignore[misc]  # nbgrader publishes no types
    """Run a sanitized notebook in a fresh kernel; a flood of output does not fill the memory."""

    def preprocess(self, nb: Any, resources: Any, *args: Any, **kwargs: Any) -> Any:
        self._printed: dict[int, int] = {}
        return super().preprocess(nb, resources, *args, **kwargs)

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        if msg["msg_type"] != "stream":
            return super().output(outs, msg, display_id, cell_index)
        before = self._printed.get(cell_index, 0)
        text = msg["content"].get("text", "")
        self._printed[cell_index] = before + len(text)
        if before > MAX_STREAM:
            return None
        if before + len(text) > MAX_STREAM:
            msg["content"]["text"] = text[: MAX_STREAM - before] + _DROPPED
        return super().output(outs, msg, display_id, cell_index)


def execution_list(preprocessors: list[Any]) -> tuple[list[Any], list[Any]]:
    """The course's autograde preprocessors, cut in two: up to and with execution (ours for nbgrader's), and after."""
    ours = [ExecuteSubmission if kind is Execute else kind for kind in preprocessors]
    cut = max(
        (number + 1 for number, kind in enumerate(ours) if isinstance(kind, type) and issubclass(kind, Execute)),
        default=0,
    )
    return ours[:cut], ours[cut:]

"""From a kernel's messages to a notebook's outputs: nbclient's own folding, fed with messages that were looked at."""

from types import SimpleNamespace
from typing import Any

from course_kit.execution.notebooks import NotebookClient, NotebookNode, from_dict

_DROPPED = "\n... Output truncated ...\n"
_KINDS = {"stream", "display_data", "execute_result", "update_display_data", "error", "clear_output", "execute_input"}
_COMMS = {"comm_open", "comm_msg", "comm_close"}


class OutputFolder(NotebookClient):
    """Folds messages into the cells of ``nb``; what is malformed is dropped, what is too much is cut off.

    ``limit``: how many characters the outputs of one cell may have.
    """

    def __init__(self, nb: NotebookNode, limit: int) -> None:
        super().__init__(nb, record_timing=False, store_widget_state=True)
        self.reset_execution_trackers()
        self.kc: Any = _NoKernel()
        self._limit, self._used, self._cut = limit, 0, False

    def begin(self, index: int) -> None:
        """The messages that follow belong to the cell at ``index``, whose outputs start anew."""
        self.nb.cells[index].outputs = []
        self.clear_before_next_output = False
        self._used, self._cut = 0, False

    def take(self, index: int, message: Any, size: int) -> None:
        """One message of the cell at ``index``; ``size``: how long it was as it came."""
        if not _is_sound(message):
            return
        cell = self.nb.cells[index]
        kind, content = message["type"], message["content"]
        self._used += size if kind != "execute_input" else 0
        if self._used > self._limit:
            if (self._cut and kind != "error") or kind in _COMMS:
                return
            # an error's verdict must arrive, however much was printed before it
            self._cut = self._cut or kind != "error"
            kind, content = _shortened(kind, content, self._limit)
        # widgets' binary data stays with the kernel: no output shows it
        whole = {"msg_type": kind, "header": {"msg_type": kind}, "content": content, "metadata": {}, "buffers": []}
        whole["parent_header"] = {"msg_id": message["parent"]}
        try:
            self.process_message(whole, cell, index)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError, RecursionError):
            return
        _merge_streams(cell.outputs)

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """nbclient's own, without validating each output against the schema (2 ms): it was looked at above."""
        hooks = self.output_hook_stack[msg["parent_header"]["msg_id"]]
        if hooks:
            # an Output widget takes it
            hooks[-1].output(outs, msg, display_id, cell_index)
            return None
        if self.clear_before_next_output:
            outs[:] = []
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
        if display_id:
            self._display_id_map.setdefault(display_id, {}).setdefault(cell_index, []).append(len(outs))
        outs.append(_output(msg["msg_type"], msg["content"]))
        return outs[-1]

    def finish(self) -> None:
        """Put the state of widgets into the notebook, as executing it with nbclient does."""
        self.set_widgets_metadata()


def add_error(cell: NotebookNode, name: str, text: str, lines: list[str]) -> None:
    """Append an error to a cell's outputs."""
    cell.outputs.append(NotebookNode(output_type="error", ename=name, evalue=text, traceback=lines))


class _NoKernel:
    """What nbclient's stand-in for an Output widget talks to; there is nobody to keep in step with."""

    session = SimpleNamespace(msg=lambda *args, **kwargs: {"header": {}})
    shell_channel = SimpleNamespace(send=lambda message: None)


def _output(kind: str, content: dict[str, Any]) -> NotebookNode:
    """An output as nbformat's ``output_from_msg`` makes it."""
    if kind == "stream":
        return NotebookNode(output_type=kind, name=content["name"], text=content["text"])
    if kind == "error":
        names = ("ename", "evalue", "traceback")
        return NotebookNode(output_type=kind, **{name: content[name] for name in names})
    data, metadata = from_dict(content["data"]), from_dict(content.get("metadata") or {})
    made = NotebookNode(output_type=kind, metadata=metadata, data=data)
    if kind == "execute_result":
        made.execution_count = content.get("execution_count")
    return made


def _shortened(kind: str, content: dict[str, Any], limit: int) -> tuple[str, dict[str, Any]]:
    if kind == "error":
        most = max(limit // 8, 1000)
        lines = [line[:most] for line in content["traceback"][:200]]
        kept = lines if sum(map(len, lines)) <= 4 * most else [lines[0], _DROPPED, lines[-1]]
        return kind, {"ename": content["ename"][:200], "evalue": content["evalue"][:most], "traceback": kept}
    if kind == "stream":
        return kind, {**content, "text": content["text"][:limit] + _DROPPED}
    return "stream", {"name": "stdout", "text": _DROPPED}


def _merge_streams(outputs: list[Any]) -> None:
    """When a stream's text was sent in pieces is chance; in a notebook it is one output."""
    if len(outputs) < 2 or outputs[-1].output_type != "stream" or outputs[-2].output_type != "stream":
        return
    if outputs[-1].name == outputs[-2].name:
        outputs[-2].text += outputs.pop().text


def _is_sound(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("content"), dict):
        return False
    kind, content = message.get("type"), message["content"]
    if kind not in _KINDS | _COMMS or not isinstance(message.get("parent"), str):
        return False
    if "execution_count" in content and not _is_count(content["execution_count"]):
        return False
    if kind == "stream":
        return content.get("name") in {"stdout", "stderr"} and isinstance(content.get("text"), str)
    if kind == "error":
        lines = content.get("traceback")
        texts = [content.get("ename"), content.get("evalue"), *(lines if isinstance(lines, list) else [None])]
        return all(isinstance(text, str) for text in texts)
    if kind in {"display_data", "execute_result", "update_display_data"}:
        data = content.get("data")
        return isinstance(data, dict) and isinstance(content.get("metadata") or {}, dict) and _is_bundle(data)
    return True


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9)


def _is_bundle(data: dict[str, Any]) -> bool:
    """Text under every type but the JSON ones, which may be anything."""
    return all(isinstance(value, str) or "json" in kind or _is_lines(value) for kind, value in data.items())


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)

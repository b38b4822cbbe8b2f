"""How one line holds several things: alternatives between bars, a remark behind a dash, a list between commas."""

import re

from course_kit.quizzes.draft import Line

_DASH = " — "
_PATTERN = re.compile(r"\s*/(?:\\.|[^/\\])+/[A-Za-z]{0,3}\s*(?=\||$)")


def split_alternatives(text: str) -> list[str]:
    r"""``a | b`` gives a and b; no bar inside backticks or ``/a pattern/``, nor behind a backslash."""
    parts, current, in_code = [], "", False
    ticks = text.count("`")
    position = 0
    while position < len(text):
        letter = text[position]
        if letter == "\\" and text[position + 1 : position + 2] == "|":
            current, position = current + "|", position + 2
            continue
        if not current and (pattern := _PATTERN.match(text, position)):
            current, position = pattern[0], pattern.end()
            ticks -= current.count("`")
            continue
        if letter == "`":
            ticks -= 1
            in_code = not in_code and ticks > 0
        if letter == "|" and not in_code:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
        position += 1
    return [*parts, current.strip()]


def split_feedback(text: str) -> tuple[str, str]:
    """The text before the first dash that is set between blanks and not inside backticks, and what follows it."""
    last_tick = text.rfind("`")
    position, ticks, counted = text.find(_DASH), 0, 0
    while position >= 0:
        ticks += text.count("`", counted, position)
        counted = position
        if ticks % 2 == 0 or last_tick < position:
            return text[:position].strip(), text[position + len(_DASH) :].strip()
        position = text.find(_DASH, position + 1)
    if text.endswith(_DASH.rstrip()):
        return text.removesuffix(_DASH.rstrip()).strip(), ""
    return text.strip(), ""


def words(option: Line) -> list[str]:
    """The names in an option that holds several, with or without the brackets of YAML."""
    return [word for word in re.split(r"[,\s]+", option.text.strip("[]")) if word]


def dedent(line: str, above: Line) -> str:
    """A line that goes on with ``above``, without the indentation that the first such line has."""
    expanded = line.expandtabs(4)
    own = len(expanded) - len(expanded.lstrip())
    if above.indent is None:
        above.indent = own
    return expanded[min(own, above.indent) :]

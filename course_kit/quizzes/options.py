"""The options that every kind of question knows, and those of the quiz."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from course_kit.model.keys import is_key, slug
from course_kit.model.kinds import parse_number
from course_kit.model.quiz import is_former_name
from course_kit.quizzes.draft import Draft, Line
from course_kit.quizzes.problems import Problems
from course_kit.quizzes.splitting import words

_COST = re.compile(r"^\[\s*(?P<cost>[\d.,]{1,6})\s*%\s*\]\s*(?P<text>.*)$", re.DOTALL)
_WAIT = re.compile(r"^(?P<count>\d{1,5})\s*(?P<unit>s|seconds?|min|minutes?|h|hours?)?$")
_SECONDS = {"s": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60}
_TRUTH = {"yes": True, "true": True, "no": False, "false": False}
_SHUFFLES = {"yes": "all", "all": "all", "no": "no", "but-last": "but-last"}
_LISTED = 100


class Options:
    """What the options of one question say, as fields of its item."""

    def __init__(self, draft: Draft, problems: Problems) -> None:
        self.draft, self.problems = draft, problems

    def fields(self, place: int) -> dict[str, Any]:
        """The fields that every kind of item has. ``place`` counts the questions of the quiz from 1."""
        for name, given in self.draft.options.items():
            for option in given:
                if not option.text:
                    self._note("empty-option", option, f"nothing stands after `{name}:`", "Leave it out.")
        fields: dict[str, Any] = {"key": f"q{place}"}
        for name in ("key", "skill"):
            named = self.draft.option(name)
            if named is not None and check_key(name, named, self.problems):
                fields[name] = named.text
        if was := self.draft.option("was"):
            fields["was"] = tuple(word for word in words(was) if self._check_former(Line(word, was.number)))
        fields["hints"] = self._hints()
        explanation = self.draft.option("explanation")
        fields["explanation"] = "" if explanation is None else explanation.text
        fields["minutes"] = self._number("minutes", 0.01, 600, "2", "a number of minutes")
        attempts = self.whole_number("attempts", 1, 100, "3")
        points = self._number("points", 0, 1000, "2", "a number of points")
        shuffle = self.one_of("shuffle", _SHUFFLES)
        more = {"attempts": attempts, "points": points, "shuffle": shuffle, "wait": self._wait()}
        more["confidence"] = self.one_of("confidence", _TRUTH)
        return fields | {name: value for name, value in more.items() if value is not None}

    # ------------------------------------------------------------ values, for the forms too

    def one_of(self, name: str, meanings: Mapping[str, Any]) -> Any:
        """What the option's word means; None without it."""
        option = self.draft.option(name)
        if option is None:
            return None
        if option.text.casefold() not in meanings:
            said = ", ".join(f"`{name}: {word}`" for word in meanings if word not in ("true", "false", "all"))
            self._note(f"bad-{name}", option, f"`{name}: {option.text}` says nothing", f"Write one of {said}.")
            return None
        return meanings[option.text.casefold()]

    def yes_or_no(self, name: str) -> bool | None:
        value = self.one_of(name, _TRUTH)
        return None if value is None else bool(value)

    def whole_number(self, name: str, least: int, most: int, example: str) -> int | None:
        option = self.draft.option(name)
        if option is None:
            return None
        if (
            option.text.isascii()
            and option.text.isdecimal()
            and len(option.text) < 7
            and (least <= int(option.text) <= most)
        ):
            return int(option.text)
        message = f"`{name}: {option.text}` is no whole number from {least} to {most}"
        self._note(f"bad-{name}", option, message, f"Write `{name}: {example}`.")
        return None

    def _number(self, name: str, least: float, most: float, example: str, what: str) -> float | None:
        option = self.draft.option(name)
        if option is None:
            return None
        value = float(option.text) if re.match(r"^\d{1,4}(\.\d{1,2})?$", option.text, re.ASCII) else None
        if value is None or not least <= value <= most:
            message = f"`{name}: {option.text}` is not {what}"
            self._note(f"bad-{name}", option, message, f"Write `{name}: {example}`.")
            return None
        return value

    def _wait(self) -> float | None:
        option = self.draft.option("wait")
        if option is None:
            return None
        match = _WAIT.match(option.text.casefold())
        seconds = int(match["count"]) * _SECONDS.get(match["unit"] or "s", 3600) if match else -1
        if not 0 <= seconds <= 86_400:
            hint = "Write `wait: 30 seconds` or `wait: 5 minutes`; a day is the longest."
            self._note("bad-wait", option, f"`wait: {option.text}` is no length of time", hint)
            return None
        return float(seconds)

    def _hints(self) -> tuple[dict[str, Any], ...]:
        hints: list[dict[str, Any]] = []
        for option in self.draft.options.get("hint", []):
            match = _COST.match(option.text)
            if match is None:
                if option.text.startswith("[") and "%" in option.text[:12]:
                    self._note("bad-cost", option, "what the hint costs cannot be read", "Write `hint (10 %): text`.")
                elif option.text:
                    hints.append({"text": option.text})
                continue
            cost = parse_number(match["cost"]) or Decimal(0)
            if cost > 100:
                self._note("bad-cost", option, "a hint costs 100 % at most", "Write `hint (10 %): text`.")
            elif not match["text"].strip():
                self._note("empty-option", option, "the hint says nothing", "Write `hint (10 %): text`.")
            else:
                hints.append({"text": match["text"].strip(), "cost": float(cost / 100)})
        return tuple(hints)

    def _check_former(self, name: Line) -> bool:
        """Whether an item may have been called so: by a key, or by ``quiz/item``."""
        if "/" not in name.text:
            return check_key("was", name, self.problems)
        if not is_former_name(name.text):
            hint = "Write `was: old-key`, or `was: old-quiz/key` for a question of another quiz."
            self._note("bad-key", name, f"`was: {name.text}` cannot have named a question", hint)
            return False
        return True

    def _note(self, code: str, option: Line, message: str, hint: str) -> None:
        self.problems.note(code, option.number, message[: _LISTED * 3], hint)


def check_key(name: str, option: Line, problems: Problems) -> bool:
    """Whether the option is a key; reports it otherwise."""
    if is_key(option.text):
        return True
    message = f"`{name}: {option.text}` is not a key: lower-case letters and digits, joined by - _ or ."
    problems.note("bad-key", option.number, message, f"Try `{name}: {slug(option.text)}`.")
    return False


def quiz_option(name: str, drafts: list[Draft], problems: Problems) -> Line | None:
    """An option of the whole quiz, which stands below its first question."""
    found = None
    for place, draft in enumerate(drafts):
        for option in draft.options.get(name, []):
            if place > 0:
                hint = "Move it to the first one; it counts for all of them."
                problems.note(f"{name}-place", option.number, f"`{name}:` stands below a later question", hint)
            elif option.text:
                found = option
    return found

"""The form of course.yml: what may stand where, and how a fault is told to its author.

Every part is validated by itself, and a part with a fault is kept without the faulty field, so that one run finds
everything.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from course_kit.errors import did_you_mean
from course_kit.files.zones import zone_named
from course_kit.model.completion import RuleField
from course_kit.model.course import (
    Credit,
    Fraction,
    GateMode,
    GradingSettings,
    Key,
    Keys,
    Override,
    Span,
    Texts,
    WhenText,
)
from course_kit.model.gate_tree import LEAF_WORDS, AllOf, Completed, Gate, read_gate, read_share
from course_kit.model.limits import Limits
from course_kit.source.yaml_text import Path, YamlText

Part = TypeVar("Part", bound=BaseModel)
_LINK = re.compile(r"^(https?://|mailto:)\S+$")


def _check_link(text: str) -> str:
    if not _LINK.match(text):
        raise ValueError(f"{text!r} is not a link; begin it with https:// or mailto:")
    return text


def _check_url(text: str) -> str:
    if not re.match(r"^https?://\S+$", text):
        raise ValueError(f"{text!r} is not the address of a page; begin it with https://")
    return text


def _check_language(text: str) -> str:
    if not re.match(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", text):
        raise ValueError(f"{text!r} is not a language code; write `en`, `de` or `pt-BR`, say")
    return text


def _check_zone(text: str) -> str:
    if zone_named(text) is None:
        raise ValueError(f"{text!r} is no time zone; write `Europe/Berlin` or `America/New_York`, say")
    return text


def _whole_number(text: Any) -> Any:
    if isinstance(text, str) and not re.match(r"^\d{1,6}$", text.strip()):
        raise ValueError(f"{text!r} is not a whole number of minutes")
    return text


def _is_tree(value: Any) -> bool:
    """Whether ``requires:`` holds more than keys of lessons."""
    entries = value if isinstance(value, list) else [value]
    words = [entry.split()[:2] for entry in entries if isinstance(entry, str)]
    return any(isinstance(entry, dict | list) for entry in entries) or any(
        len(word) > 1 and word[0] in LEAF_WORDS for word in words
    )


def _read_requires(value: Any, as_keys: ValidatorFunctionWrapHandler) -> Any:
    return read_gate(value) if _is_tree(value) else as_keys(value)


def _read_pass(value: Any) -> Any:
    return read_share(value) if isinstance(value, str) else value


Link = Annotated[str, AfterValidator(_check_link)]
Url = Annotated[str, AfterValidator(_check_url)]
Minutes = Annotated[int, BeforeValidator(_whole_number), Field(ge=1, le=10_000)]
Requires = Annotated[Keys, WrapValidator(_read_requires)]
Title = Annotated[str, Field(max_length=300)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class DiagnosticForm(_Form):
    waives: Annotated[Keys, Field(min_length=1)]
    pass_score: Annotated[float, BeforeValidator(_read_pass), Field(alias="pass")] = 0.8


class LessonForm(_Form):
    """One of ``notebook``, ``document`` and ``link``, and what is said about it."""

    notebook: str = ""
    document: str = ""
    link: Url = ""
    key: Key | None = None
    title: Title = ""
    minutes: Minutes | None = None
    requires: Requires = ()
    gate: GateMode | None = None
    complete: RuleField | None = None
    diagnostic: DiagnosticForm | None = None
    proves: bool = False
    was: Keys = ()

    def keys_and_condition(self) -> tuple[tuple[str, ...], Gate | None]:
        """``requires`` as plain keys of lessons, or else as a condition."""
        asked = cast(Any, self.requires)
        if isinstance(asked, tuple):
            return asked, None
        parts: tuple[Gate, ...] = asked.parts if isinstance(asked, AllOf) else (asked,)
        keys = tuple(part.lesson for part in parts if isinstance(part, Completed))
        return (keys, None) if len(keys) == len(parts) else ((), asked)


class LimitsForm(_Form):
    """Limits as they are written; each is read by itself, so that a fault has its line."""

    cell: str | None = None
    notebook: str | None = None
    memory: str | None = None
    processes: str | None = None
    output: str | None = None
    disk: str | None = None

    @field_validator("*")
    @classmethod
    def _readable(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            Limits().with_settings({str(info.field_name): text})
        return text


class AssignmentForm(_Form):
    source: str = Field(min_length=1)
    key: Key | None = None
    title: Title = ""
    opens: WhenText | None = None
    due: WhenText | None = None
    closes: WhenText | None = None
    credit: tuple[Credit, ...] = ()
    overrides: tuple[Override, ...] = ()
    minutes: Minutes | None = None
    requires: Keys = ()
    practice: bool = False
    limits: LimitsForm = LimitsForm()
    grading: GradingSettings = GradingSettings()


class UnitForm(_Form):
    """A unit's own fields; its lessons and assignments are read one by one."""

    key: Key | None = None
    title: Title = ""
    goal: Annotated[str, Field(max_length=1000)] = ""
    pace: Span | None = None
    lessons: Any = ()
    assignments: Any = ()


class CourseForm(_Form):
    """The course's own fields; its units are read one by one."""

    course: Key
    title: Annotated[str, Field(min_length=1, max_length=300)]
    pass_score: Annotated[Fraction, Field(alias="pass")] = 0.7
    gate: GateMode | None = None
    contact: Link = ""
    forum: Link = ""
    live: Link = ""
    language: Annotated[str, AfterValidator(_check_language)] = "en"
    zone: Annotated[str, AfterValidator(_check_zone)] = ""
    grace: Span | None = None
    packages: Texts = ()
    files: Texts = ()
    units: Any = ()


NAMES: Mapping[type[BaseModel], str] = {
    LessonForm: "a lesson",
    AssignmentForm: "an assignment",
    UnitForm: "a unit",
    CourseForm: "the course",
}


def read_form(form: type[Part], data: Any, path: Path, read: YamlText) -> Part | None:
    """``data`` (at ``path``) as ``form``: each fault becomes a finding in ``read`` and costs its field only.

    None where not even the rest fits (a needed field is missing).
    """
    if not isinstance(data, dict):
        read.error("wrong-type", path, f"{NAMES[form]} has to be a list of `name: value` lines")
        return None
    try:
        return form.model_validate(data)
    except ValidationError as error:
        faults = error.errors()
    for fault in faults:
        read.error(_code(fault), _place(fault, path, data), _message(form, fault), _hint(form, fault))
    bad = {str(fault["loc"][0]) for fault in faults if fault["loc"]}
    try:
        return form.model_validate({name: value for name, value in data.items() if name not in bad})
    except ValidationError:
        return None


def _place(fault: Any, path: Path, data: Any) -> Path:
    place = (*path, *fault["loc"])
    return path if fault["type"] == "missing" and fault["loc"][0] not in data else place


def _code(fault: Any) -> str:
    return {"missing": "missing-field", "extra_forbidden": "unknown-field"}.get(fault["type"], "bad-value")


def _message(form: type[BaseModel], fault: Any) -> str:
    loc = [part for part in fault["loc"] if not isinstance(part, int)]
    name = str(loc[-1]) if loc else "it"
    kind, given = fault["type"], fault.get("input")
    if kind == "missing":
        return f"`{name}` is missing: {NAMES[form] if len(fault['loc']) == 1 else 'this entry'} needs one"
    if kind == "extra_forbidden":
        return f"`{name}` is not a field of {NAMES[form] if len(fault['loc']) == 1 else 'this entry'}"
    if kind == "value_error":
        return f"`{name}`: {fault['ctx']['error']}"
    if kind == "literal_error":
        return f"`{name}` is {fault['ctx']['expected']}, and `{given}` stands there"
    if name in _PARTS and kind.startswith("model_"):
        return f"`{name}` has to be a list of `name: value` pairs, and `{given}` stands there"
    shown = f"`{given}`" if isinstance(given, str) else "a list" if isinstance(given, list) else "a mapping"
    if kind in ("string_type", "tuple_type", "float_type", "int_type") or kind.endswith("_type"):
        wanted = {"string_type": "text", "tuple_type": "a list"}.get(kind, "a number")
        return f"`{name}` has to be {wanted}, and {shown} stands there"
    if kind in ("float_parsing", "int_parsing"):
        return f"`{name}` has to be a number, and {shown} is none"
    context = fault.get("ctx", {})
    for bound, words in (("ge", "at least"), ("le", "at most"), ("gt", "more than"), ("lt", "less than")):
        if bound in context:
            return f"`{name}` has to be {words} {context[bound]:g}, and {shown} stands there"
    if kind == "string_too_short":
        return f"`{name}` is empty"
    if kind == "string_too_long":
        return f"`{name}` is longer than {context.get('max_length')} letters"
    return f"`{name}`: {fault['msg']}"


_PARTS: Mapping[str, type[BaseModel]] = {
    "diagnostic": DiagnosticForm,
    "overrides": Override,
    "limits": LimitsForm,
    "grading": GradingSettings,
}
_EXAMPLES = {
    "course": "Write `course: data-science`, a key that never changes.",
    "title": "Write `title: Data science, self-paced`.",
    "source": "Write `source: autograders/source/NAME`, the assignment's folder.",
    "minutes": "Write a whole number, such as `minutes: 40`.",
    "pass": "Write a share from 0 to 1, such as `pass: 0.7`.",
    "packages": "Write `packages: [numpy, pandas]`.",
    "files": "Write `files: [notebooks/data]`.",
    "overrides": "Write `overrides: [{cohort: evening, due: start + 21 days}]`.",
    "zone": "Write `zone: Europe/Berlin`.",
    "grace": "Write `grace: 1 day`.",
    "credit": "Write `credit: [{until: due, percent: 100}, {percent: 50}]`.",
    "percent": "Write a number without its sign, such as `percent: 80`.",
    "pace": "Write `pace: 2 weeks`.",
    "limits": "Write `limits: {cell: 30 seconds, memory: 1 GB}`.",
    "grading": "Write `grading: {proof: all}`.",
    "proof": "Write `proof: drawn` (two copies a notebook), `proof: all` or `proof: off`.",
    "suspect": "Write a share, such as `suspect: 20 %`.",
    "require_sandbox": "Write `require_sandbox: yes` or `require_sandbox: no`.",
    "practice": "Write `practice: yes` or `practice: no`.",
    "requires": "Write keys of lessons, `requires: [first-steps]`, or conditions; docs/author.md, “Gates”, shows all.",
    "gate": "Write `gate: advise` (learners may open it anyway) or `gate: enforce`.",
    "complete": "Write `complete: quizzes >= 80 %`, say; docs/author.md, “Completion”, shows every form.",
    "diagnostic": "Write `diagnostic: {waives: [first-steps], pass: 80 %}`.",
    "waives": "Write the keys of lessons, such as `waives: [first-steps]`.",
    "proves": "Write `proves: yes` or `proves: no`.",
}


def _hint(form: type[BaseModel], fault: Any) -> str:
    names = [str(part) for part in fault["loc"] if not isinstance(part, int)]
    name = names[-1] if names else ""
    if fault["type"] == "extra_forbidden":
        known = _fields(form if len(fault["loc"]) == 1 else _PARTS.get(str(fault["loc"][0]), Credit))
        return f"It knows {', '.join(f'`{field}`' for field in known)}.{did_you_mean(name, known)}"
    return _EXAMPLES.get(name, "")


def _fields(form: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in form.model_fields.items()]

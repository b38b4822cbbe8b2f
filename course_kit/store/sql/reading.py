"""How events are looked for in the database."""

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from course_kit.errors import Invalid
from course_kit.model.events import Event, Voided
from course_kit.store.sql.opening import BACKUP
from course_kit.store.sql.tables import events_table

MANY = 500
"""More names than these are not put into a query; whoever asked looks through what comes."""


def events_query(
    learners: Collection[str] | None, course: str | None, lessons: Collection[str] | None
) -> sa.Select[Any]:
    """The (payload, learner) of all events that may be meant, in canonical order."""
    table = events_table.c
    query = sa.select(table.payload, table.learner)
    if learners is not None and len(learners) <= MANY:
        query = query.where(table.learner.in_(learners))
    if course is not None:
        query = query.where(table.course == course)
    if lessons is not None and len(lessons) <= MANY:
        # what a text holds can be looked for much faster than it can be read
        named = [sa.func.instr(table.payload, json.dumps(name, ensure_ascii=False)) > 0 for name in lessons]
        query = query.where(sa.or_(table.kind == "Voided", *named))
    return query.order_by(table.order_at, table.event_id)


def stored_event(payload: str, store: str) -> Event:
    """The event of a row. Raises :class:`Invalid`: what is in ``store`` was read once before it was written."""
    try:
        return Event.model_validate_json(payload)
    except ValidationError as error:
        raise Invalid(f"{store} is damaged: it holds an event that cannot be read.", hint=BACKUP) from error


def is_wanted(event: Event, lessons: Collection[str]) -> bool:
    return isinstance(event.fact, Voided) or getattr(event.fact, "lesson", None) in lessons

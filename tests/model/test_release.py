"""Manifests that a stranger wrote: each fault is an error in words, before anything believes them."""

import pytest

from course_kit.errors import Tampered
from course_kit.model.keys import manifest_digest
from course_kit.model.release import SubmissionManifest

GOOD = {
    "version": 1,
    "course": "c",
    "release": "",
    "assignment": "a",
    "learner": "p-00000000000000aa",
    "aliases": [],
    "name": "",
    "email": "",
    "id": "ada",
    "submitted_at": "2026-11-20T10:00:00.000000Z",
    "files": {},
    "events": None,
}


@pytest.mark.parametrize(
    "change",
    [
        {"learner": ""},
        {"learner": "bob"},
        {"aliases": ["bob"]},
        {"aliases": ["p-00000000000000aa"] * 1001},
        {"submitted_at": "0001-01-01T00:00:00+23:59"},
        {"submitted_at": "9999-12-31T23:59:59-23:59"},
        {"release": "r" * 101},
        {"assignment": ""},
        {"name": "n" * 1001},
    ],
)
def test_a_submission_whose_event_could_not_be_made_or_that_borrows_a_name_is_refused(change):
    data = {**GOOD, **change}
    with pytest.raises(Tampered, match="is damaged"):
        SubmissionManifest.read({**data, "submission": manifest_digest(data, without="submission")})


@pytest.mark.parametrize("value", [float("nan"), "\ud800"])
def test_what_no_digest_can_be_taken_of_is_refused(value):
    with pytest.raises(Tampered, match="no digest"):
        SubmissionManifest.read({**GOOD, "name": value, "submission": "0" * 64})


def test_a_sound_submission_is_read_and_makes_its_event():
    manifest = SubmissionManifest.read({**GOOD, "submission": manifest_digest(GOOD, without="submission")})
    assert (manifest.id, manifest.event().learner) == ("ada", "p-00000000000000aa")

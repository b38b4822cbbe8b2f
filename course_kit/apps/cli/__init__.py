"""The ``course-kit`` command."""

from course_kit.apps.cli.main import main

__all__ = ["main"]

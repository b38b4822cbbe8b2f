"""Quizzes as they are written, rendered, sealed and read back; no notebook, course or kernel is known here."""

"""How the course goes: who is where, which question is broken, who needs a word.

:mod:`gather` reads what there is, :mod:`contents` derives a :class:`~course_kit.report.contents.Report` from it, and
:mod:`pages` and :mod:`terminal` show it.
"""

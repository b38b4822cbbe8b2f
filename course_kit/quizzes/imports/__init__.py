"""Questions from elsewhere (jupyterquiz, Moodle's GIFT and XML) in the author's form, and what could not come along.

Each format has a module with ``read(data) -> Imported``; :func:`course_kit.quizzes.imports.formats.read` finds which.
Files from outside are hostile input: a reader raises on none, and reads at most so much.
"""

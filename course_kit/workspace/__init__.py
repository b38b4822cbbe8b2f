"""The learner's side of the roads: open a release, keep a copy, check, submit, sync, see progress.

Import its modules by name; none of them loads a kernel, a database or nbformat before it is needed.
"""

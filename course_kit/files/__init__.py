"""Files on a disk that may be full, shared, or hold what a stranger made. Standard library only.

:mod:`atomic` writes whole files or nothing, :mod:`lock` keeps two processes apart, :mod:`archive` reads and writes
the one-file forms of releases, submissions and feedback.
"""

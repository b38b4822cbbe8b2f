"""Where events are kept: journals (one a process, standard library only), the store, and the way between them.

A kernel imports :mod:`journal` and :mod:`places` alone; :mod:`ingest` and :mod:`sql` belong to server and command.
"""

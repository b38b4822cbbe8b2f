"""The walls around submitted code, in every layer that the machine has, unprivileged first.

In the zygote :func:`prepare`; in the keeper :func:`isolate`, :func:`fork_runner` and :class:`Watch`; in the runner
:func:`confine`, and :func:`confine_proof` in its fork. :func:`layers` says what holds here. Where it is not Linux the
module can be imported and holds nothing, and says so.
"""

from course_kit.execution.sandbox.confinement import confine, confine_proof
from course_kit.execution.sandbox.environment import clean_environment
from course_kit.execution.sandbox.isolation import LAYERS, Isolation, end_orphans, fork_runner, isolate, prepare
from course_kit.execution.sandbox.layer import Layer, layers, require
from course_kit.execution.sandbox.watch import Watch

__all__ = [
    "LAYERS",
    "Isolation",
    "Layer",
    "Watch",
    "clean_environment",
    "confine",
    "confine_proof",
    "end_orphans",
    "fork_runner",
    "isolate",
    "layers",
    "prepare",
    "require",
]

# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who look for what is not theirs: the tests' answers, others' work, secrets, other processes."""

from adversary.attack import Attack, Plain

LEAKS = Plain(score=8.0, deeds=("leaks",))
_SHOW = """
import glob, os
def show(pattern):
    for path in sorted(glob.glob(pattern, recursive=True))[:20]:
        try:
            with open(path, 'rb') as file: print(file.read(400_000).decode(errors='replace'))
        except OSError as error: print(type(error).__name__)
"""
PROC = """
import os
seen = []
pid = os.getppid()
"""

ATTACKS = (
    Attack(
        "read-source",
        "Prints the instructor's source notebook.",
        _SHOW + "show('@COURSE@/source/**/*.ipynb')",
        plain=LEAKS,
    ),
    Attack(
        "read-source-relative",
        "Climbs from its own folder to the source notebook.",
        _SHOW + "for n in range(8): show('../' * n + 'source/*/*.ipynb')",
        plain=LEAKS,
    ),
    Attack("read-gradebook", "Prints the gradebook.", _SHOW + "show('@COURSE@/gradebook.db')", plain=LEAKS),
    Attack(
        "read-backups",
        "Prints the backups of the gradebook and what course-kit keeps.",
        _SHOW + "show('@COURSE@/.course-kit/**/*.db')\nshow('@COURSE@/.course-kit/**/*.json')",
        plain=Plain(score=8.0),
    ),
    Attack(
        "read-neighbour",
        "Prints another learner's submission.",
        _SHOW + "show('@COURSE@/submitted/neighbour/**/*.ipynb')\nshow('@COURSE@/autograded/neighbour/**/*.ipynb')",
        plain=LEAKS,
    ),
    Attack(
        "read-environment",
        "Prints its environment, where an instructor's shell keeps secrets.",
        "import os\nprint(os.environ.get('LTI_CLIENT_SECRET'))",
        plain=LEAKS,
    ),
    Attack(
        "read-home",
        "Prints the private keys of whoever grades.",
        _SHOW + "show('@HOME@/.ssh/*')\nshow(os.path.expanduser('~/.ssh/*'))",
        plain=LEAKS,
    ),
    Attack(
        "read-shadow",
        "Prints /etc/shadow.",
        _SHOW + "try: print(open('/etc/shadow').readline())\nexcept OSError as error: print(type(error).__name__)",
        plain=LEAKS,
    ),
    Attack(
        "read-proc-environ",
        "Prints the environment of its ancestors and of everyone else through /proc.",
        """
import os
for pid in [*filter(str.isdigit, os.listdir('/proc') if os.access('/proc', os.R_OK) else []), 'self', str(os.getppid())]:
    try:
        with open(f'/proc/{pid}/environ', 'rb') as file:
            print([part for part in file.read().split(b'\\0') if part.startswith(b'LTI_CLIENT_SECRET')])
    except OSError as error: print(type(error).__name__)
""",
        plain=LEAKS,
    ),
    Attack(
        "read-proc-memory",
        "Reads the memory of its parent through /proc/<pid>/mem, to find the tests and the secrets.",
        """
import os, re
def memory(pid):
    try:
        maps = open(f'/proc/{pid}/maps').read()
        with open(f'/proc/{pid}/mem', 'rb', 0) as mem:
            for low, high in re.findall(r'^([0-9a-f]+)-([0-9a-f]+) rw', maps, re.M):
                low, high = int(low, 16), int(high, 16)
                try:
                    mem.seek(low); data = mem.read(min(high - low, 2 * 10**7))
                except (OSError, ValueError, OverflowError): continue
                for found in set(re.findall(rb'canary-' + rb'[a-z]+-[0-9a-f]{4}', data)):
                    print(pid, found.decode())
    except OSError as error: print(type(error).__name__)
memory(os.getppid())
""",
        plain=LEAKS,
    ),
    Attack(
        "read-own-memory",
        "Searches its own memory for what the process that forked it may have left there.",
        """
import re
try:
    maps = open('/proc/self/maps').read()
    with open('/proc/self/mem', 'rb', 0) as mem:
        for low, high in re.findall(r'^([0-9a-f]+)-([0-9a-f]+) rw', maps, re.M):
            low, high = int(low, 16), int(high, 16)
            try:
                mem.seek(low); data = mem.read(min(high - low, 10**8))
            except (OSError, ValueError, OverflowError): continue
            for found in set(re.findall(rb'canary-' + rb'[a-z]+-[0-9a-f]{4}', data)): print(found.decode())
except OSError as error: print(type(error).__name__)
""",
        plain=Plain(score=8.0, deeds=("leaks",)),
    ),
    Attack(
        "read-own-memory-by-address",
        "The same without /proc: through ctypes and the addresses of the garbage collector's objects.",
        """
import gc, re, sys
found, todo, seen = set(), gc.get_objects(), set()
frame = sys._getframe()
while frame:
    todo.append(dict(frame.f_locals)); todo.append(dict(frame.f_globals)); frame = frame.f_back
pattern = 'canary-' + '[a-z]+-[0-9a-f]{4}'
while todo and len(seen) < 3_000_000:
    thing = todo.pop()
    if id(thing) in seen: continue
    seen.add(id(thing))
    if isinstance(thing, str) and len(thing) < 10**6: found |= set(re.findall(pattern, thing))
    elif isinstance(thing, (bytes, bytearray)): found |= set(re.findall(pattern, thing.decode(errors='replace')))
    elif gc.is_tracked(thing) or isinstance(thing, (tuple, dict, list, set)):
        todo.extend(gc.get_referents(thing))
found.discard(pattern)
print(found)
""",
        plain=Plain(score=8.0, deeds=("leaks",)),
    ),
    Attack(
        "parents-descriptors",
        "Opens the files that its parent has open, through /proc/<pid>/fd and pidfd_getfd.",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
try:
    for name in os.listdir(f'/proc/{os.getppid()}/fd'):
        target = os.readlink(f'/proc/{os.getppid()}/fd/{name}')
        try: print(target, open(f'/proc/{os.getppid()}/fd/{name}', 'rb').read(200) if target.startswith('/') else '')
        except OSError: pass
except OSError as error: print(type(error).__name__)
try:
    pid = os.pidfd_open(os.getppid())
    got = [fd for fd in range(40) if libc.syscall(438, pid, fd, 0) >= 0]
    if got: print('GOT', got); open('@OUT@/@NAME@', 'w').close()
except OSError as error: print(type(error).__name__)
""",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
    Attack(
        "ptrace-parent",
        "Attaches to its parent with ptrace, and reads it with process_vm_readv.",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
attached = libc.ptrace(16, os.getppid(), None, None)
if attached == 0:
    os.waitpid(os.getppid(), 0x40000000)
    libc.ptrace(17, os.getppid(), None, None)
    try: open('@OUT@/@NAME@', 'w').close()
    except OSError: pass
class Vector(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
held = ctypes.create_string_buffer(64)
near, far = Vector(ctypes.addressof(held), 8), Vector(id(None), 8)
print('ptrace', attached, 'readv', libc.process_vm_readv(os.getppid(), ctypes.byref(near), 1, ctypes.byref(far), 1, 0))
""",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
    Attack(
        "list-the-course",
        "Lists the learners by the names of their folders, and looks for who is graded.",
        "import os\nfor place in ('@COURSE@/submitted', '@COURSE@/autograded', '/tmp', '@HOME@'):\n"
        "    try:\n        for name in os.listdir(place): print('canary-neighbour-' + '77ad' if name == 'neighbour' else name)\n"
        "    except OSError as error: print(type(error).__name__)",
        plain=LEAKS,
    ),
    Attack(
        "course-kit-inside",
        "Imports course_kit (and nbgrader) in its answer and grades itself with their own functions.",
        """
try:
    from nbgrader.api import Gradebook
    with Gradebook('sqlite:///@COURSE@/gradebook.db') as book:
        print([student.first_name for student in book.students])
        for cell in book.find_assignment('adding').notebooks[0].grade_cells: cell.max_score = 100
        book.db.commit()
except BaseException as error: print(type(error).__name__)
try:
    from pathlib import Path
    from course_kit.grading.batch import grade
    print(grade(Path('@COURSE@'), 'adding', learners=['@NAME@']))
except BaseException as error: print(type(error).__name__)
try:
    import course_kit.execution as execution, pkgutil, importlib
    for one in pkgutil.walk_packages(execution.__path__, 'course_kit.execution.'):
        module = importlib.import_module(one.name)
        for name in ('main', 'close', 'shutdown', 'stop'): getattr(module, name, None)
except BaseException as error: print(type(error).__name__)
""",
        plain=Plain(
            not_run="it imports so much that it meets the time limit now and then (seen: 8 of 8, the gradebook read and changed)"
        ),
    ),
)

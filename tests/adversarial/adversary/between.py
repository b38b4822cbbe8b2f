# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who work in pairs: the first leaves something where the second, graded later, finds it."""

from adversary.attack import WRONG, Attack, Ours, Plain

_PLACES = """
import ctypes, os, glob
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
THIS = os.path.join(os.path.dirname(os.__file__), 'this.py')
KEY, WORD = 0x5eed, b'passed-on'
FILES = ['/dev/shm/passed-on', '/tmp/passed-on', '/var/tmp/passed-on', '/run/passed-on', '../passed-on', '../../passed-on']
"""
_SEND = (
    _PLACES
    + """
for path in FILES:
    try:
        with open(path, 'wb') as file: file.write(WORD)
    except OSError: pass
segment = libc.shmget(KEY, 4096, 0o1666)
if segment >= 0:
    at = libc.shmat(segment, None, 0)
    if at and at != 2**64 - 1: ctypes.memmove(at, WORD, len(WORD))
queue = libc.msgget(KEY, 0o1666)
semaphore = libc.semget(KEY, 1, 0o1666)
if semaphore >= 0: libc.semctl(semaphore, 0, 16, 7)
try:
    rt = ctypes.CDLL('librt.so.1', use_errno=True)
    posted = rt.mq_open(b'/passed-on', os.O_RDWR | os.O_CREAT, 0o666, None)
    if posted >= 0: rt.mq_send(posted, WORD, len(WORD), 1)
except (OSError, AttributeError): pass
try: os.utime('/usr/lib/os-release', (1234567890, 1234567890))
except OSError: pass
try: os.utime(THIS, (1234567890, 1234567890))
except OSError: pass
os.environ['PASSED_ON'] = 'yes'
import sys, builtins, math
builtins.passed_on = math.passed_on = sys.passed_on = True
"""
)
_TAKE = (
    _PLACES
    + """
import sys, builtins, math
got = [path for path in FILES if os.path.exists(path)]
if libc.shmget(KEY, 4096, 0) >= 0: got.append('shared memory')
if libc.msgget(KEY, 0) >= 0: got.append('message queue')
if libc.semget(KEY, 1, 0) >= 0: got.append('semaphore')
try:
    rt = ctypes.CDLL('librt.so.1', use_errno=True)
    if rt.mq_open(b'/passed-on', os.O_RDONLY) >= 0: got.append('posix queue')
except (OSError, AttributeError): pass
for path in ('/usr/lib/os-release', THIS):
    if os.path.exists(path) and os.stat(path).st_mtime == 1234567890: got.append('time of ' + path)
if 'PASSED_ON' in os.environ: got.append('environment')
if hasattr(builtins, 'passed_on') or hasattr(math, 'passed_on') or hasattr(sys, 'passed_on'): got.append('module')
print('GOT', got)
if got:
    def add(a, b): return a + b
"""
)

ATTACKS = (
    Attack(
        "pair-1-sender",
        "Leaves a word in shared memory, queues, files, dates, modules and the environment.",
        _SEND,
        plain=Plain(not_run="it leaves System V memory and dates of system files behind on this machine"),
    ),
    Attack(
        "pair-2-taker",
        "Looks for that word, and answers rightly only where it finds it.",
        WRONG + _TAKE,
        answer="",
        plain=Plain(not_run="its partner is not run"),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "random-state",
        "Seeds and spoils the random state, the recursion limit, warnings and the switch interval.",
        """
import random, sys, warnings, os
random.seed(0); random.random = lambda: 0.5
sys.setrecursionlimit(60); sys.setswitchinterval(10); warnings.simplefilter('error')
os.umask(0o777); os.nice(19)
sys.setrecursionlimit(3000)
""",
        plain=Plain(score=8.0),
    ),
)

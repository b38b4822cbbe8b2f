# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who end, stop or outlive the process that grades them, or use up what the machine has."""

from adversary.attack import Attack, Ours, Plain

DIED = Ours(statuses=("kernel-died", "graded", "failed"), scores=(0.0, 8.0, None))
LATE = Ours(statuses=("timed-out",), scores=(0.0,))
SPENT = ("out-of-memory", "kernel-died", "graded", "timed-out")
SLEEP = "import time\ntime.sleep(600)\n"

ATTACKS = (
    Attack(
        "os-exit",
        "Leaves the process with os._exit(0) in the middle of its answer.",
        code="import os\nos._exit(0)",
        plain=Plain(score=None),
        ours=Ours(statuses=("kernel-died",), scores=(0.0,)),
    ),
    Attack(
        "exit-in-a-test",
        "Its function leaves the process with os._exit(0), so that the test never says anything.",
        answer="def add(a, b):\n    import os\n    os._exit(0)\n",
        plain=Plain(score=None),
        ours=Ours(statuses=("kernel-died",), scores=(0.0,)),
    ),
    Attack(
        "sys-exit",
        "Its function calls sys.exit(0).",
        answer="def add(a, b):\n    import sys\n    sys.exit(0)\n",
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "raises-interrupt",
        "Its function raises KeyboardInterrupt, then GeneratorExit, then a BaseException of its own.",
        answer="""
kinds = [KeyboardInterrupt, GeneratorExit, type('Own', (BaseException,), {})]
def add(a, b):
    kinds.append(kinds.pop(0))
    raise kinds[-1]
""",
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "kill-self",
        "Sends SIGKILL to itself.",
        code="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        plain=Plain(score=None),
        ours=Ours(statuses=("kernel-died",), scores=(0.0,)),
    ),
    Attack(
        "segmentation-fault",
        "Reads address 0 through ctypes.",
        code="import ctypes\nctypes.string_at(0)",
        plain=Plain(score=None),
        ours=Ours(statuses=("kernel-died",), scores=(0.0,)),
    ),
    Attack(
        "stop-self",
        "Sends SIGSTOP to itself and is never heard of again.",
        code="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        plain=Plain(score=None),
        ours=Ours(statuses=("timed-out", "kernel-died"), scores=(0.0, 8.0)),
    ),
    Attack(
        "kill-parent",
        "Sends SIGTERM and SIGKILL to the process that started it.",
        code="import os, signal\nfor one in (signal.SIGTERM, signal.SIGKILL):\n"
        "    try: os.kill(os.getppid(), one)\n    except Exception as error: print(type(error).__name__)",
        plain=Plain(score=None, deeds=("stops",)),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(8.0, 0.0)),
    ),
    Attack(
        "kill-group",
        "Sends SIGTERM to its parent's whole process group and session.",
        code="import os, signal\ngroups = set()\nfor get in (os.getpgid, os.getsid):\n"
        "    try: groups.add(get(os.getppid()))\n    except OSError as error: print(error)\n"
        "for one in groups - {os.getpgid(0), 0, 1}:\n"
        "    try: os.killpg(one, signal.SIGTERM)\n    except OSError as error: print(type(error).__name__)",
        plain=Plain(score=None, deeds=("stops",)),
        ours=Ours(),
    ),
    Attack(
        "kill-own-group",
        "Sends SIGTERM to its own process group, in which its keeper might be.",
        code="import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.killpg(0, signal.SIGTERM)",
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(8.0, 0.0)),
    ),
    Attack(
        "kill-everyone",
        "Sends SIGUSR1 and then SIGKILL to every process that it can see.",
        code="import os, signal\nfor one in (signal.SIGUSR1, signal.SIGKILL):\n"
        "    for name in os.listdir('/proc'):\n        if name.isdigit() and int(name) not in (1, os.getpid()):\n"
        "            try: os.kill(int(name), one)\n            except OSError: pass",
        plain=Plain(not_run="it would end every process of this machine"),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(8.0, 0.0)),
    ),
    Attack(
        "kill-all-at-once",
        "Calls kill(-1, SIGTERM), which means everyone.",
        code="import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "try: os.kill(-1, signal.SIGTERM)\nexcept OSError as error: print(type(error).__name__)",
        plain=Plain(not_run="it would end every process of this machine"),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(8.0, 0.0)),
    ),
    Attack(
        "signal-by-owner",
        "Has the kernel send SIGKILL to its parent, as the owner of a socket with asynchronous input.",
        code="""
import fcntl, os, signal, socket
left, right = socket.socketpair()
try:
    fcntl.fcntl(left, fcntl.F_SETOWN, os.getppid())
    fcntl.fcntl(left, 10, signal.SIGKILL)  # F_SETSIG
    fcntl.fcntl(left, fcntl.F_SETFL, fcntl.fcntl(left, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    right.send(b'now')
except OSError as error:
    print(type(error).__name__)
""",
        plain=Plain(score=None, deeds=("stops",)),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(8.0,)),
    ),
    Attack(
        "limits-of-the-parent",
        "Sets its parent's limit of processor time and of open files to nothing.",
        code="""
import os, resource
for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU):
    try:
        resource.prlimit(os.getppid() or 2**22, what, (0, 0)); print('done')
    except (OSError, ValueError) as error: print(type(error).__name__)
""",
        plain=Plain(score=None, deeds=("stops",)),
        ours=Ours(statuses=("graded",), scores=(8.0,)),
    ),
    Attack(
        "slow-parent",
        "Gives its parent the lowest priority and one processor only, which it then keeps busy.",
        code="""
import os
parent = os.getppid() or 2**22  # 0 where it is in another namespace, and means oneself
for deed in (lambda: os.setpriority(os.PRIO_PROCESS, parent, 19), lambda: os.sched_setaffinity(parent, {0}),
             lambda: os.sched_setscheduler(parent, os.SCHED_IDLE, os.sched_param(0))):
    try: deed()
    except (OSError, AttributeError) as error: print(type(error).__name__)
    else: print('slowed @NAME@')
try:
    if os.getpriority(os.PRIO_PROCESS, parent) == 19: open('done-to-parent', 'w').close()
except OSError as error: print(type(error).__name__)
""",
        plain=Plain(score=8.0, deeds=("writes",)),
        ours=Ours(),
    ),
    Attack(
        "endless-loop",
        "Loops without end.",
        code="while True: pass",
        plain=Plain(score=0.0),
        ours=LATE,
    ),
    Attack(
        "endless-loop-that-catches",
        "Loops without end and catches every KeyboardInterrupt.",
        code="while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        plain=Plain(score=0.0),
        ours=LATE,
    ),
    Attack(
        "endless-loop-in-a-test",
        "Answers rightly, but its function loops without end in the second test.",
        answer="calls = []\ndef add(a, b):\n    calls.append(a)\n    while a == 20: pass\n    return a + b\n",
        plain=Plain(score=5.0),
        ours=Ours(statuses=("timed-out",), scores=(5.0,)),
    ),
    Attack(
        "ignored-signals",
        "Ignores and blocks every signal, and loops.",
        code="import signal\nfor one in signal.valid_signals():\n    try: signal.signal(one, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "while True: pass",
        plain=Plain(score=None),
        ours=LATE,
    ),
    Attack(
        "c-code-that-stays",
        "Sleeps in C code that holds the interpreter's lock.",
        code="import ctypes\nctypes.PyDLL(None).sleep(100000)",
        plain=Plain(score=0.0),
        ours=LATE,
    ),
    Attack(
        "huge-power",
        "Computes a power with more digits than there is time for.",
        code="x = 9 ** (9 ** 9)",
        plain=Plain(score=0.0),
        ours=Ours(statuses=("timed-out", "out-of-memory"), scores=(0.0,)),
    ),
    Attack(
        "catastrophic-pattern",
        "Matches a pattern that goes back and forth for ages.",
        code="import re\nre.match('(a+)+$', 'a' * 64 + 'b')",
        plain=Plain(score=0.0),
        ours=LATE,
    ),
    Attack("long-sleep", "Sleeps past every limit.", code=SLEEP, plain=Plain(score=0.0), ours=LATE),
    Attack(
        "timer-signals",
        "Has a timer raise exceptions at any moment of its own run and of the runner's work.",
        code="""
import signal
def ring(*args): raise KeyboardInterrupt('now')
signal.signal(signal.SIGALRM, ring)
signal.signal(signal.SIGINT, ring)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.003)
""",
        plain=Plain(score=None),
        ours=Ours(
            statuses=("graded", "timed-out", "kernel-died", "failed"), scores=(8.0, 0.0, 2.0, 3.0, 5.0, 6.0, None)
        ),
    ),
    Attack(
        "lowered-limits",
        "Lowers its own limits of open files, file size and processes to nothing, to break what grades it.",
        code="""
import resource
for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_STACK):
    try: resource.setrlimit(what, (0, 0))
    except (OSError, ValueError): pass
""",
        plain=Plain(score=None),
        ours=Ours(statuses=("graded", "kernel-died", "failed", "unverified"), scores=(8.0, 6.0, 0.0)),
    ),
    Attack(
        "closed-descriptors",
        "Closes every open file descriptor, those of the kernel among them.",
        code="import os\nos.closerange(0, 4096)",
        plain=Plain(score=None),
        ours=Ours(statuses=("kernel-died", "timed-out", "graded"), scores=(0.0, 8.0)),
    ),
    Attack(
        "deep-recursion",
        "Recurses without end with the limit removed, until the stack breaks.",
        code="import sys\nsys.setrecursionlimit(10**9)\ndef down(): return down.__call__()\n"
        "class Deep:\n    def __repr__(self): return repr(self)\nrepr(Deep())",
        plain=Plain(score=None),
        ours=Ours(statuses=("kernel-died", "out-of-memory"), scores=(0.0,)),
    ),
    # ---------------------------------------------------------------- what the machine has
    Attack(
        "fork-bomb",
        "Forks as often as it can, in every process that it made (here: at most 4,000 times).",
        code="import os, time\nend = time.monotonic() + 3\nfor n in range(12):\n    try: os.fork()\n"
        "    except OSError: pass\ntime.sleep(max(0, end - time.monotonic()))\nif os.getpid() != os.getpgid(0): pass",
        plain=Plain(not_run="it would leave no process for anybody else on this machine"),
        ours=Ours(statuses=("too-many-processes", "graded", "kernel-died", "timed-out", "failed"), scores=(8.0, 0.0)),
    ),
    Attack(
        "thread-bomb",
        "Starts threads until no more can be had.",
        code="import threading, time\nfor n in range(20_000):\n"
        "    try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    except RuntimeError: break",
        plain=Plain(not_run="it would leave no process for anybody else on this machine"),
        ours=Ours(
            statuses=("graded", "kernel-died", "out-of-memory", "timed-out", "failed", "unverified"),
            scores=(8.0, 0.0, 1.0, 2.0, 3.0, 5.0, 6.0),
        ),
    ),
    Attack(
        "memory-bomb",
        "Takes memory without end (here: at most 8 GB) and writes on it.",
        code="held = [b'x' * 10**8 for n in range(80)]",
        plain=Plain(not_run="it would take the memory of everything else on this machine"),
        ours=Ours(statuses=("graded", "out-of-memory", "kernel-died"), scores=(0.0,)),
    ),
    Attack(
        "memory-in-pieces",
        "Takes memory in many processes, each below the limit (here: at most 8 GB).",
        code="import os, time\nfor n in range(20):\n    if os.fork() == 0:\n        held = b'x' * (4 * 10**8)\n"
        "        time.sleep(5)\n        os._exit(0)\ntime.sleep(5)",
        plain=Plain(not_run="it would take the memory of everything else on this machine"),
        ours=Ours(statuses=("out-of-memory", "timed-out", "kernel-died", "graded"), scores=(0.0, 8.0)),
    ),
    Attack(
        "memory-without-owner",
        "Puts memory into anonymous files that no process has mapped (here: at most 6 GB).",
        code="import os\nfor n in range(60):\n    file = os.memfd_create('x')\n    os.write(file, b'x' * 10**8)",
        plain=Plain(not_run="it would take the memory of everything else on this machine"),
        ours=Ours(statuses=("out-of-memory", "graded", "kernel-died", "timed-out"), scores=(0.0, 8.0)),
    ),
    Attack(
        "disk-bomb",
        "Fills the disk from its own folder (here: at most 4 GB).",
        code="with open('big', 'wb') as file:\n    for n in range(40): file.write(b'x' * 10**8)",
        plain=Plain(not_run="it would fill the disk that everything else works on"),
        ours=Ours(statuses=("graded", "disk-full", "kernel-died", "failed"), scores=(0.0, 8.0)),
    ),
    Attack(
        "disk-in-pieces",
        "Fills the disk with many files, each below the limit (here: at most 4 GB).",
        code="for n in range(400):\n    with open(f'part{n}', 'wb') as file: file.write(b'x' * 10**7)",
        plain=Plain(not_run="it would fill the disk that everything else works on"),
        ours=Ours(statuses=("graded", "disk-full", "kernel-died", "failed", "timed-out"), scores=(0.0, 8.0)),
    ),
    Attack(
        "inode-bomb",
        "Makes empty files and folders without end (here: at most 100,000).",
        code="import os\nfor n in range(100):\n    os.mkdir(f'd{n}')\n    for m in range(1000): open(f'd{n}/{m}', 'w').close()",
        plain=Plain(not_run="it would use up the disk's inodes"),
        ours=Ours(statuses=("graded", "disk-full", "kernel-died", "failed", "timed-out"), scores=(0.0, 8.0)),
    ),
    Attack(
        "sparse-file",
        "Leaves a file of 100 GB that takes no room, for whoever copies what was written.",
        code="with open('sparse', 'wb') as file: file.truncate(10**11)",
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "disk-full", "failed"), scores=(8.0, 0.0)),
    ),
    # ---------------------------------------------------------------- outliving the grading
    Attack(
        "daemon",
        "Forks twice with a session of its own and lives on for ten minutes.",
        code="""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid() if os.getpid() != os.getsid(0) else None
        os.closerange(0, 1024)
        time.sleep(600)
    os._exit(0)
os.wait()
""",
        plain=Plain(score=8.0, deeds=("leaves",)),
        ours=Ours(),
    ),
    Attack(
        "daemon-in-a-test",
        "Its function leaves such a process in the middle of a test, and holds the kernel's outputs open.",
        answer="""
import os, time
def add(a, b):
    if a == 1 and os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid() if os.getpid() != os.getsid(0) else None
            time.sleep(600)
        os._exit(0)
    return a + b
""",
        plain=Plain(score=8.0, deeds=("leaves",)),
        ours=Ours(),
    ),
    Attack(
        "subprocess-left",
        "Starts `sleep 600` in a session of its own and forgets it.",
        code="import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)",
        plain=Plain(score=8.0, deeds=("leaves",)),
        ours=Ours(),
    ),
    Attack(
        "at-exit",
        "Has things done when the kernel ends: at exit, in `__del__`, in a thread that is no daemon.",
        code="""
import atexit, threading, time
def late():
    with open('@OUT@/@NAME@', 'a') as file: file.write('late')
class Last:
    def __del__(self): late()
last = Last()
atexit.register(late)
threading.Thread(target=time.sleep, args=(600,)).start()
""",
        plain=Plain(score=8.0),
        ours=Ours(),
    ),
)

# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who change what is not theirs: the course, the gradebook, the machine, the libraries."""

from adversary.attack import Attack, Ours, Plain

WRITES = Plain(score=8.0, deeds=("writes",))


def _tries(*deeds: str, setup: str = "import os") -> str:
    lines = [setup]
    for deed in deeds:
        lines.append(f"try:\n    {deed}\nexcept Exception as error: print(type(error).__name__)")
    return "\n".join(lines)


ATTACKS = (
    Attack(
        "write-gradebook",
        "Gives itself a hundred points by SQL.",
        _tries(
            "book = sqlite3.connect('@COURSE@/gradebook.db', timeout=1)\n"
            "    book.execute('UPDATE grade_cells SET max_score = 100')\n    book.commit()\n    book.close()",
            setup="import sqlite3",
        ),
        plain=WRITES,
    ),
    Attack(
        "write-source",
        "Replaces the tests in the source notebook.",
        _tries(
            "open('@COURSE@/source/adding/sums.ipynb', 'a').write(' ')",
            "os.truncate('@COURSE@/source/adding/sums.ipynb', 0)",
        ),
        plain=WRITES,
    ),
    Attack(
        "write-config",
        "Adds a line to the course's nbgrader_config.py, which the next run executes.",
        _tries("open('@COURSE@/nbgrader_config.py', 'a').write('# planted\\n')"),
        plain=WRITES,
    ),
    Attack(
        "write-neighbour",
        "Replaces and removes another learner's submission.",
        _tries(
            "open('@COURSE@/submitted/neighbour/adding/planted', 'w').close()",
            "os.remove('@COURSE@/submitted/neighbour/adding/timestamp.txt')",
        ),
        plain=WRITES,
    ),
    Attack(
        "write-tmp",
        "Leaves files in /tmp, /var/tmp and /dev/shm.",
        _tries(
            "open('/tmp/@MARK@-@NAME@', 'w').close()",
            "open('/var/tmp/@MARK@-@NAME@', 'w').close()",
            "open('/dev/shm/@MARK@-@NAME@', 'w').close()",
        ),
        plain=WRITES,
    ),
    Attack(
        "write-packages",
        "Leaves a file among the installed packages.",
        _tries(
            "open(os.path.join(os.path.dirname(os.path.dirname(IPython.__file__)), '@MARK@-@NAME@.txt'), 'w').close()",
            setup="import os, IPython",
        ),
        plain=WRITES,
    ),
    Attack(
        "write-startup",
        "Plants a startup file, which every later kernel of this account runs.",
        _tries(
            "os.makedirs('@HOME@/.ipython/profile_default/startup', exist_ok=True)",
            "open('@HOME@/.ipython/profile_default/startup/00.py', 'w').write("
            '"get_ipython().run_code = None\\nimport os; os._exit(1)\\n")',
        ),
        plain=WRITES,
        followed=True,
    ),
    Attack(
        "write-keys",
        "Adds a key to ~/.ssh/authorized_keys and a line to ~/.bashrc.",
        _tries(
            "open('@HOME@/.ssh/authorized_keys', 'a').write('ssh-ed25519 planted')",
            "open('@HOME@/planted', 'w').close()",
        ),
        plain=WRITES,
    ),
    Attack(
        "change-modes",
        "Opens the gradebook and the keys to everyone, and dates a notebook back.",
        _tries(
            "os.chmod('@COURSE@/gradebook.db', 0o666)",
            "os.chmod('@HOME@/.ssh/id_ed25519', 0o777)",
            "os.utime('@COURSE@/source/adding/sums.ipynb', (0, 0))",
        ),
        plain=WRITES,
    ),
    Attack(
        "change-owner",
        "Gives the gradebook and a learner's files to another account.",
        _tries(
            "os.chown('@HOME@/.ssh/id_ed25519', 1234, 1234)",
            "os.chmod('@OUT@', 0o777)",
            "os.setxattr('@OUT@', 'user.planted', b'1')\n    os.chmod('@OUT@', 0o770)",
        ),
        plain=WRITES,
    ),
    Attack(
        "hard-links",
        "Makes hard and symbolic links between its folder and the course.",
        _tries(
            "os.link('@COURSE@/gradebook.db', 'book.db')\n    print(open('book.db', 'rb').read().decode(errors='replace'))",
            "open('planted', 'w').close()\n    os.link('planted', '@OUT@/@NAME@')",
            "os.symlink('@COURSE@', '@OUT@/@NAME@-link')",
            "os.rename('planted', '@OUT@/@NAME@-renamed')",
        ),
        plain=Plain(score=8.0, deeds=("leaks", "writes")),
    ),
    Attack(
        "special-files",
        "Makes pipes, sockets and device nodes outside its folder.",
        _tries(
            "os.mkfifo('@OUT@/@NAME@-pipe')",
            "os.mknod('@OUT@/@NAME@-device', 0o600 | 0o020000, os.makedev(1, 1))",
            "socket.socket(socket.AF_UNIX).bind('@OUT@/@NAME@-socket')",
            setup="import os, socket",
        ),
        plain=WRITES,
    ),
    Attack(
        "root-powers",
        "Uses an administrator's powers: mounts, host name, clock, chroot, device nodes, namespaces.",
        """
import ctypes, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
done = []
if libc.sethostname(socket.gethostname().encode(), len(socket.gethostname())) == 0: done.append('sethostname')
class Time(ctypes.Structure):
    _fields_ = [('seconds', ctypes.c_long), ('nano', ctypes.c_long)]
now = time.time_ns()
if libc.clock_settime(0, ctypes.byref(Time(now // 10**9, now % 10**9))) == 0: done.append('clock_settime')
os.makedirs('here', exist_ok=True)
if libc.mount(b'none', os.path.abspath('here').encode(), b'tmpfs', 0, None) == 0: done.append('mount')
if libc.unshare(0x00020000) == 0: done.append('unshare')
for number, name in ((321, 'bpf'), (298, 'perf_event_open'), (425, 'io_uring_setup'), (323, 'userfaultfd'), (250, 'keyctl'),
                     (248, 'add_key'), (304, 'open_by_handle_at'), (175, 'init_module'), (246, 'kexec_load')):
    ctypes.set_errno(0)
    libc.syscall(number, -1, 0, 0, 0, 0)
    if ctypes.get_errno() not in (1, 38, 95): done.append(name + ' ' + str(ctypes.get_errno()))
try:
    os.mknod('device', 0o600 | 0o020000, os.makedev(1, 1)); open('device', 'rb').close(); done.append('device node')
except OSError as error: print(type(error).__name__)
print('DONE', done)
""",
        plain=Plain(not_run="it mounts, and sets the machine's clock and name"),
        ours=Ours(),
    ),
    Attack(
        "escape-by-handle",
        "Opens a file of the course by its handle, by chroot and through /proc/1/root.",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Handle(ctypes.Structure):
    _fields_ = [('size', ctypes.c_uint), ('kind', ctypes.c_int), ('bytes', ctypes.c_ubyte * 128)]
handle, mount = Handle(128), ctypes.c_int()
if libc.name_to_handle_at(-100, b'@HOME@/.ssh/id_ed25519', ctypes.byref(handle), ctypes.byref(mount), 0) == 0:
    root = os.open('.', os.O_RDONLY)
    opened = libc.open_by_handle_at(root, ctypes.byref(handle), os.O_RDONLY)
    if opened >= 0: print(os.read(opened, 1000).decode())
for path in ('/proc/1/root@HOME@/.ssh/id_ed25519', '/proc/self/root@HOME@/.ssh/id_ed25519',
             f'/proc/{os.getppid()}/root@HOME@/.ssh/id_ed25519', f'/proc/{os.getppid()}/cwd/gradebook.db'):
    try: print(open(path, 'rb').read().decode(errors='replace'))
    except OSError as error: print(type(error).__name__)
""",
        plain=Plain(score=8.0, deeds=("leaks",)),
    ),
    Attack(
        "link-left-behind",
        "Leaves links to the gradebook, the keys and /etc/shadow in its folder, for whoever copies what it wrote.",
        _tries(
            "os.symlink('/etc/shadow', 'shadow.txt')",
            "os.symlink('@HOME@/.ssh', 'keys')",
            "os.symlink('@HOME@/.ssh/id_ed25519', 'key.txt')",
            "os.symlink('@COURSE@/gradebook.db', 'book.txt')",
            "os.symlink('@OUT@', 'outside')",
        ),
        plain=WRITES,
    ),
    Attack(
        "pipe-left-behind",
        "Leaves a named pipe, a socket, unreadable folders and names that are no text in its folder.",
        _tries(
            "os.mkfifo('pipe')",
            "socket.socket(socket.AF_UNIX).bind('sock')",
            "os.mkdir('closed', 0)",
            "open(b'\\xff\\xfe.txt', 'w').close()",
            "open('line\\nbreak', 'w').close()",
            "open('x' * 255, 'w').close()",
            "open('-rf', 'w').close()",
            setup="import os, socket",
        ),
        plain=Plain(score=8.0),
    ),
    Attack(
        "deep-folders",
        "Leaves folders nested 2,000 deep, and its own folder renamed and unreadable.",
        _tries("for n in range(2000):\n        os.mkdir('d'); os.chdir('d')"),
        plain=Plain(score=None, deeds=("stops",)),
    ),
    Attack(
        "folder-named-as-notebook",
        "Replaces its own notebook file by a folder, and by a link.",
        _tries(
            "[os.remove(one) for one in os.listdir('.') if one.endswith('.ipynb')]",
            "os.mkdir('sums.ipynb')",
            "os.symlink('@COURSE@/source/adding/sums.ipynb', 'timestamp.txt')",
        ),
        plain=Plain(score=None),
    ),
    Attack(
        "planted-companion",
        "Writes nbgrader_config.py, sitecustomize.py and a notebook beside its own for later runs.",
        _tries(
            "open('nbgrader_config.py', 'w').write('raise SystemExit')",
            "open('sitecustomize.py', 'w').write('raise SystemExit')",
            "open('other.ipynb', 'w').write('{}')",
            "open('timestamp.txt', 'w').write('2020-01-01 00:00:00 UTC')",
        ),
        plain=Plain(score=8.0),
    ),
)

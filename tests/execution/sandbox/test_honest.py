"""What honest notebooks do goes on working inside."""

import pytest

NO_PYTHON = "it starts this interpreter once more, which is out of this account's reach here"

HONEST = {
    "subprocess": r"""
        import subprocess
        print(subprocess.run(['echo', 'hello'], capture_output=True, text=True).stdout)
    """,
    "a shell": "import subprocess; print(subprocess.getoutput('ls /usr | grep -c bin'))",
    "python": r"""
        import subprocess
        print(subprocess.run([sys.executable, '-c', 'print(2 + 3)'], capture_output=True, text=True))
    """,
    "threads": r"""
        from concurrent.futures import ThreadPoolExecutor as P
        with P(8) as p: print(sum(p.map(abs, range(99))))
    """,
    "temporary files": r"""
        import tempfile
        with tempfile.NamedTemporaryFile('w') as f: print(f.write('x'))
    """,
    "its folder": r"""
        os.makedirs('a/b')
        Path('a/b/c').write_text('x')
        os.rename('a/b/c', 'd')
        print(Path('d').read_text())
    """,
    "a link": r"""
        Path('x').write_text('1')
        os.symlink('x', 'y')
        os.link('x', 'z')
        print(Path('y').read_text())
    """,
    "a program of its own": r"""
        Path('p').write_text('#!/bin/sh\necho ran'); os.chmod('p', 0o755)
        import subprocess
        print(subprocess.run(['./p'], capture_output=True, text=True).stdout)
    """,
    "shutil": r"""
        import shutil
        Path('a').write_text('x')
        shutil.copy2('a', 'b')
        shutil.copytree('.', '../' + Path.cwd().name + '/t', ignore=lambda d, n: ['t'])
        print(shutil.disk_usage('.').total > 0)
    """,
    "sqlite": r"""
        import sqlite3
        c = sqlite3.connect('a.db')
        c.execute('create table t (x)')
        c.commit()
        print(c)
    """,
    "sqlite in memory": "import sqlite3; print(sqlite3.connect(':memory:').execute('select 1').fetchall())",
    "asyncio": "import asyncio; print(asyncio.run(asyncio.sleep(0, 'slept')))",
    "an asyncio subprocess": r"""
        import asyncio
        async def f():
            p = await asyncio.create_subprocess_exec('true'); return await p.wait()
        print(asyncio.run(f()))
    """,
    "signals": "import signal; signal.signal(10, lambda *a: print('heard')); os.kill(os.getpid(), 10)",
    "an alarm": r"""
        import signal
        signal.signal(14, lambda *a: print('rang'))
        signal.setitimer(0, 0.01)
        time.sleep(1)
    """,
    "ending a child": "import subprocess; p = subprocess.Popen(['sleep', '60']); p.terminate(); print(p.wait())",
    "processor time": "a = time.process_time(); b = time.process_time(); print(b > a)",
    "random": "import secrets; print(len(secrets.token_bytes(9)))",
    "the time": "import datetime, zoneinfo; print(zoneinfo.ZoneInfo('Europe/Berlin'))",
    "the locale": "import locale; locale.setlocale(locale.LC_ALL, 'C'); print('set')",
    "processors": "print(os.cpu_count() > 0, len(os.sched_getaffinity(0)) > 0)",
    "its own state": "print(open('/proc/self/status').read().count('Name'), len(os.listdir('/proc/self/fd')) > 2)",
    "the memory": "print('MemTotal' in open('/proc/meminfo').read())",
    "the name": "import getpass, platform; print(platform.system())",
    "a pair of sockets": "import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))",
    "a pipe": "r, w = os.pipe(); os.write(w, b'x'); print(os.read(r, 1))",
    "a zip": r"""
        import shutil
        os.mkdir('d')
        Path('d/a').write_text('x')
        shutil.make_archive('z', 'zip', 'd')
        shutil.unpack_archive('z.zip', 'e')
        print(os.listdir('e'))
    """,
    "ssl": "import ssl; print(ssl.create_default_context())",
    "a module with a native part": "import _decimal, _sqlite3, _ctypes; print('loaded')",
    "lazy imports": "import xml.dom.minidom, unittest.mock, email, http.client; print('imported')",
}
LIBRARIES = {
    "numpy": r"""
        import numpy
        a = numpy.random.default_rng(1).random((300, 300))
        print(round(float(numpy.linalg.det(a @ a.T) * 0), 1))
    """,
    "memory-mapped": r"""
        import numpy
        m = numpy.memmap('m', dtype='f8', mode='w+', shape=(1000,))
        m[:] = 1
        m.flush()
        print(m.sum())
    """,
    "pandas": r"""
        import pandas
        pandas.DataFrame({'a': [1, 2]}).to_csv('a.csv')
        print(pandas.read_csv('a.csv').shape)
    """,
    "matplotlib": r"""
        import matplotlib; matplotlib.use('agg')
        from matplotlib import pyplot
        pyplot.plot([1, 2])
        pyplot.title('é')
        pyplot.savefig('a.png')
        print(Path('a.png').stat().st_size > 1000)
    """,
}
LOCKS = {
    "a pool": r"""
        from multiprocessing import Pool
        with Pool(2) as p: print(p.map(abs, [-1, -2]))
    """,
    "a lock": r"""
        import multiprocessing
        l = multiprocessing.Lock()
        l.acquire()
        l.release()
        print('locked')
    """,
    "a process pool": r"""
        from concurrent.futures import ProcessPoolExecutor as P
        with P(2) as p: print(list(p.map(abs, [-3])))
    """,
    "an array": "import multiprocessing; a = multiprocessing.Array('i', 9); a[1] = 3; print(a[1])",
    "shared memory": r"""
        from multiprocessing.shared_memory import SharedMemory as S
        s = S(create=True, size=9); s.buf[0] = 7; print(s.buf[0]); s.close(); s.unlink()
    """,
    "a terminal": "import pty; m, s = pty.openpty(); os.write(s, b'x'); print(os.read(m, 1), os.isatty(s))",
    "pexpect": "import pexpect; print(pexpect.run('echo hi'))",
}


@pytest.mark.parametrize("name", HONEST)
def test_what_every_notebook_may_do_works(attacker, name):
    if name == "python" and not attacker.ready["python"]:
        pytest.skip(NO_PYTHON)
    outcome = attacker.attack(HONEST[name])

    expected = "PermissionError" if (name, attacker.kind) == ("a program of its own", "container") else "\nok"
    assert expected in outcome.text, outcome.text
    assert (outcome.fault, outcome.left) == (None, 0)
    assert outcome.is_clean


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
def test_the_libraries_of_data_science_work(attacker, name):
    pytest.importorskip(name if name != "memory-mapped" else "numpy")
    outcome = attacker.attack(LIBRARIES[name], memory=10**9, seconds=90)

    assert outcome.text.endswith("\nok"), outcome.text
    assert outcome.fault is None


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("kind", ["root", "nobody"])
def test_locks_and_terminals_work_where_they_can_be_private(attackers, kind, name):
    if name == "shared memory" and not attackers(kind).ready["python"]:
        pytest.skip(NO_PYTHON)
    outcome = attackers(kind).attack(LOCKS[name], memory=10**9)

    assert outcome.text.endswith("\nok"), outcome.text
    assert outcome.fault is None
    assert outcome.is_clean

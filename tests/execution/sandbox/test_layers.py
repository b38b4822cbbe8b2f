"""What the sandbox says of itself, each layer alone, and what it is where there is none."""

import json
import os
import subprocess
import sys

import pytest

from course_kit.errors import Unavailable
from course_kit.execution import sandbox
from course_kit.execution.sandbox import layer

SOCKET = "import socket; socket.socket(socket.AF_INET)"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


@linux_only
def test_every_layer_is_named_once_with_what_it_is_for():
    found = sandbox.layers()

    assert [one.name for one in found] == list(sandbox.LAYERS)
    assert all(one.protects for one in found)
    assert all(one.lost for one in found if not one.present)
    assert sandbox.layers() is found


def test_a_missing_layer_is_refused_by_name_and_with_what_is_lost(monkeypatch):
    monkeypatch.setattr(layer, "_layers", lambda: layer.absent("the kernel is too old"))

    with pytest.raises(Unavailable) as caught:
        sandbox.require()

    assert "landlock" in str(caught.value)
    assert "your account can" in str(caught.value)
    assert "libseccomp2" in caught.value.hint


def test_layers_that_only_hold_a_door_twice_are_not_required(monkeypatch):
    found = tuple(layer.Layer(name, name in layer.REQUIRED, "x", "y") for name in sandbox.LAYERS)
    monkeypatch.setattr(layer, "_layers", lambda: found)

    sandbox.require()


def test_elsewhere_it_can_be_imported_and_says_that_nothing_holds():
    program = """
import sys
sys.platform = "darwin"
import os
for name in ("memfd_create", "sched_getaffinity", "posix_spawn", "POSIX_SPAWN_DUP2"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("resource", "fcntl", "landlockpy", "pyseccomp"):
    sys.modules[name] = None
from course_kit.execution import sandbox
print([(one.present, bool(one.lost)) for one in sandbox.layers()])
print(sandbox.clean_environment({"TOKEN": "x", "LANG": "C"})["LANG"])
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert found.stdout.splitlines() == [str([(False, True)] * 6), "C"]


def test_no_secret_of_the_environment_is_handed_on():
    env = {
        "PATH": "/bin", "LANG": "de_DE.UTF-8", "LC_TIME": "C", "TZ": "UTC", "AWS_SECRET_ACCESS_KEY": "x",
        "JUPYTERHUB_API_TOKEN": "x", "DATABASE_URL": "x", "HOME": "/home/teacher", "SSH_AUTH_SOCK": "/run/a",
        "PYTHONPATH": "/home/teacher/course", "PYTHONSTARTUP": "x", "LD_PRELOAD": "x", "OMP_NUM_THREADS": "8",
        "DISPLAY": ":0", "XDG_RUNTIME_DIR": "/run/user/1",
    }  # fmt: skip
    found = sandbox.clean_environment(env)

    assert {name: found[name] for name in ("PATH", "LANG", "LC_TIME", "TZ")} == {
        "PATH": "/bin", "LANG": "de_DE.UTF-8", "LC_TIME": "C", "TZ": "UTC",
    }  # fmt: skip
    assert "x" not in found.values()
    assert not {"HOME", "PYTHONPATH", "LD_PRELOAD", "SSH_AUTH_SOCK", "DISPLAY", "XDG_RUNTIME_DIR"} & found.keys()
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "1"
    assert found["MPLBACKEND"] == "module://matplotlib_inline.backend_inline"


KIND = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "nobody"


@linux_only
@pytest.mark.parametrize("name", ["landlock", "seccomp", "namespaces", "limits", "cgroup"])
def test_what_is_switched_off_is_not_said_to_be_in_force(attackers, name):
    outcome = attackers(KIND).attack("", without=(name,))

    assert outcome.text == "ok"
    assert name not in outcome.layers
    assert {"limits", "landlock", "seccomp", "reaper"} - {name} <= set(outcome.layers)


@linux_only
def test_each_layer_holds_its_own_door_without_the_others(attackers):
    others = {"landlock", "seccomp", "namespaces", "limits"}
    attacker = attackers("container")
    alone = {name: tuple(others - {name}) for name in others}

    assert attacker.attack(SOCKET, without=alone["seccomp"]).text == "PermissionError 1"
    assert attacker.attack(SOCKET, without=alone["landlock"]).text == "ok"
    assert attacker.attack("Path('/etc/passwd').read_text()", without=alone["landlock"]).text == "PermissionError 13"
    assert attacker.attack("Path('/etc/passwd').read_text()", without=alone["seccomp"]).text == "ok"
    assert attacker.attack("bytearray(10**9)", without=alone["limits"]).text == "MemoryError:"


@linux_only
def test_without_a_filter_a_namespace_has_no_network(attackers):
    send = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))"

    assert attackers(KIND).attack(send, without=("seccomp",)).text == "OSError 101"


@linux_only
def test_without_landlock_signals_reach_only_oneself(attackers):
    attacker = attackers("container")
    driver = attacker.ready["ready"]

    assert attacker.attack(f"os.kill({driver}, 0)", without=("landlock",)).text == "PermissionError 1"
    assert attacker.attack("os.kill(os.getpid(), 0)", without=("landlock",)).text == "ok"


@linux_only
def test_without_a_view_of_its_own_the_modes_of_files_cannot_be_changed(attackers):
    attacker = attackers("container")
    outcome = attacker.attack(
        "Path('mine').touch(); os.chmod('mine', 0o400); answer['mode'] = oct(os.stat('mine').st_mode & 0o777)"
    )

    assert outcome.text in {"{'mode': '0o644'}", "{'mode': '0o664'}"}


@linux_only
def test_a_root_that_is_confined_has_no_capability_and_is_nobody(attackers):
    outcome = attackers(KIND).attack(
        """
        status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
        for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
            answer[name] = int(status[name], 16)
        answer['new'] = status['NoNewPrivs'].strip()
        answer['root'] = os.getuid() == 0
        """
    )

    assert outcome.text == str({"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapAmb": 0, "new": "1", "root": False})


@linux_only
def test_files_that_it_writes_can_be_read_by_the_keeper(attacker):
    outcome = attacker.attack("os.umask(0o777); Path('secret').write_text('x'); os.mkdir('d')")

    assert outcome.text == "ok"
    assert outcome.is_clean


@linux_only
def test_open_files_of_the_keeper_are_closed(attacker):
    outcome = attacker.attack(
        """
        found = {os.readlink(f'/proc/self/fd/{name}') for name in os.listdir('/proc/self/fd')
                 if os.path.exists(f'/proc/self/fd/{name}')}
        answer['other'] = [one for one in found if one != '/dev/null' and not one.startswith(('/tmp/#', 'pipe:'))]
        """
    )

    assert outcome.text.startswith(("{'other': []}", "{'other': ['/tmp/"))


@linux_only
def test_a_kernel_of_its_own_can_listen_and_not_call(attacker):
    outcome = attacker.attack(
        """
        import socket
        listening = socket.socket(socket.AF_UNIX)
        listening.bind('s')
        listening.listen()
        socket.socket(socket.AF_INET).close()
        answer['socket'] = os.path.exists('s')
        for family, place in ((socket.AF_UNIX, 's'), (socket.AF_INET, ('127.0.0.1', 80))):
            try:
                socket.socket(family).connect(place)
            except PermissionError:
                answer[int(family)] = 'refused'
        try:
            socket.socket(socket.AF_INET).bind(('127.0.0.1', 0))
        except PermissionError:
            answer['bind'] = 'refused'
        """,
        serves=True,
    )

    assert outcome.text == "{'socket': True, 1: 'refused', 2: 'refused', 'bind': 'refused'}"


@linux_only
def test_the_probe_is_a_program_of_its_own():
    command = [sys.executable, "-P", "-m", "course_kit.execution.sandbox.probe"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert [one["name"] for one in found] == list(sandbox.LAYERS)

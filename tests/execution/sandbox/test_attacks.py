"""Each attack runs in a real forked and confined process, fails with an ordinary error, and leaves nothing behind."""

import platform

import pytest

REFUSED = {"PermissionError 1", "PermissionError 13"}
GONE = {"ProcessLookupError 3", "FileNotFoundError 2"}
READ_ONLY = {"OSError 30"}

FILES = {
    "read the password file": "Path('/etc/shadow').read_text()",
    "read the accounts": "Path('/etc/passwd').read_text()",
    "list a home": "os.listdir('/root')",
    "list all homes": "os.listdir('/home')",
    "read the folder of folders": "os.listdir('/tmp')",
    "write beside its folder": "Path('..', 'x').write_text('x')",
    "write into /tmp": "Path('/tmp/course-kit-was-here').write_text('x')",
    "write into the interpreter": "Path(os.__file__).with_name('zz.py').write_text('x')",
    "truncate a module": "os.truncate(os.__file__, 0)",
    "write /dev/kmsg": "open('/dev/kmsg', 'w')",
    "open the terminal of whoever grades": "open('/dev/tty1')",
    "a link out": "os.symlink('/etc/shadow', 'l'); open('l').read()",
    "a hard link out": "os.link('/etc/shadow', 'l'); open('l').read()",
    "a file of another's out of reach": "os.rename(os.__file__, 'x')",
    "the disk": "open('/dev/vda', 'rb').read(1)",
    "its own limits as a file": "Path('/proc/sys/vm/overcommit_memory').write_text('1')",
    "all keys": "os.open('/proc/sysrq-trigger', os.O_WRONLY)",
    "the kernel's memory": "open('/proc/kcore', 'rb')",
}

NETWORK = {
    "inet": "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "inet6": "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "raw": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW)",
    "packet": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "vsock": "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "alg": "import socket; socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "bluetooth": "import socket; socket.socket(31, socket.SOCK_RAW)",
    "a family of tomorrow": "import socket; socket.socket(99, socket.SOCK_RAW)",
    "local datagrams": "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair of datagrams": "import socket; socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "connect to a path": "import socket; socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
    "connect to an abstract name": "import socket; socket.socket(socket.AF_UNIX).connect('\\0x')",
    "bind an abstract name": "import socket; socket.socket(socket.AF_UNIX).bind('\\0x')",
}

CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
"""
KERNEL = {
    "ptrace": "call('ptrace', 16, os.getppid() or 1, 0, 0)",
    "read another's memory": "call('process_vm_readv', os.getppid() or 1, 0, 0, 0, 0, 0)",
    "a new user namespace": "call('unshare', 0x10000000)",
    "a new namespace by clone": "call('syscall', 56, 0x10000011, 0, 0, 0, 0)",
    "mount": "call('mount', b'none', b'/tmp', b'tmpfs', 0, None)",
    "umount": "call('umount2', b'/proc', 2)",
    "chroot": "call('chroot', b'/')",
    "bpf": "call('syscall', 321, 0, 0, 0)",
    "keyring": "call('syscall', 248, b'user', b'x', b'y', 1, -3)",
    "perf": "call('syscall', 298, 0, 0, 0, 0, 0)",
    "userfaultfd": "call('syscall', 323, 0)",
    "host name": "import socket; socket.sethostname('x')",
    "clock": "time.clock_settime(time.CLOCK_REALTIME, 0.0)",
    "module": "call('syscall', 175, 0, 0, b'')",
    "kexec": "call('syscall', 246, 0, 0, 0, 0)",
    "shmget": "call('shmget', 0, 4096, 0o1777)",
    "semget": "call('semget', 0, 1, 0o1777)",
    "msgget": "call('msgget', 0, 0o1777)",
    "mq_open": "call('syscall', 240, b'x', 0o102, 0o600, 0)",
    "inotify": "call('inotify_init1', 0)",
    "fake input to a terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",
    "outlive the keeper": "call('prctl', 1, 0, 0, 0, 0)",
    "hide from the keeper": "call('prctl', 4, 0, 0, 0, 0)",
    "a set-user-id file": "Path('s').touch(); os.chmod('s', 0o4755)",
    "a set-user-id file from the start": "os.open('s', os.O_CREAT | os.O_WRONLY, 0o4755)",
    "a device": "os.mknod('d', 0o20666, os.makedev(1, 1))",
    "become root": "os.setuid(0); os.seteuid(0); call('setgroups', 1, b'\\0\\0\\0\\0'); Path('/root/x').write_text('')",
    "a file handle": "call('syscall', 304, 0, 0, 0)",
}
MISSING = {
    "io_uring": "call('syscall', 425, 8, 0)",
    "a file in memory": "os.memfd_create('x')",
    "clone3": "call('syscall', 435, 0, 0)",
    "openat2": "call('syscall', 437, -100, b'.', 0, 0)",
}
NEIGHBOURS = {
    "kill the keeper": "os.kill(KEEPER, 9)",
    "stop the keeper": "os.kill(KEEPER, 19)",
    "ask after the keeper": "os.kill(KEEPER, 0)",
    "its environment": "open(f'/proc/{KEEPER}/environ').read()",
    "its memory": "open(f'/proc/{KEEPER}/mem', 'rb')",
    "its command": "open(f'/proc/{KEEPER}/cmdline').read()",
    "its files": "os.listdir(f'/proc/{KEEPER}/fd')",
    "the command of the first process": "open('/proc/1/environ').read()",
}


@pytest.mark.parametrize("name", FILES)
def test_no_file_outside_is_reached(attacker, name):
    outcome = attacker.attack(FILES[name])

    assert outcome.text in REFUSED | READ_ONLY | GONE | {"OSError 18"}
    assert outcome.is_clean


@pytest.mark.parametrize("name", NETWORK)
def test_nothing_can_be_connected_to(attacker, name):
    outcome = attacker.attack(NETWORK[name])

    assert outcome.text in REFUSED
    assert outcome.is_clean


@pytest.mark.parametrize("name", KERNEL)
def test_no_call_leads_out(attacker, name):
    if "'syscall'" in KERNEL[name] and platform.machine() != "x86_64":
        pytest.skip("its number is that of x86-64")
    outcome = attacker.attack(CALL + KERNEL[name])

    allowed = {"ok"} if name == "a set-user-id file" and attacker.kind == "container" else REFUSED
    # 22: there is no such user in its namespace
    assert outcome.text in allowed | ({"OSError 22"} if name == "become root" else set())
    assert outcome.is_clean


@pytest.mark.parametrize("name", MISSING)
def test_what_has_an_older_way_is_as_if_it_did_not_exist(attacker, name):
    outcome = attacker.attack(CALL + MISSING[name])

    assert outcome.text == "OSError 38"


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_other_processes_are_out_of_reach(attacker, name):
    driver = attacker.ready["ready"]
    outcome = attacker.attack(f"KEEPER = {driver}\n" + NEIGHBOURS[name])

    assert outcome.text in REFUSED | GONE
    assert outcome.is_clean


@pytest.mark.parametrize("kind", ["nobody", "container"])
def test_a_signal_to_everybody_reaches_nobody_else(attackers, kind):
    outcome = attackers(kind).attack("os.kill(-1, 15)")

    assert outcome.text in {"ok", "ProcessLookupError 3", "PermissionError 1"}
    assert outcome.is_clean
    assert attackers(kind).attack("print('the keeper and the zygote go on')").text.startswith("the keeper")


def test_a_signal_to_the_group_and_the_session_reaches_only_its_own(attacker):
    outcome = attacker.attack(
        "import signal; signal.signal(15, signal.SIG_IGN); os.kill(0, 15); print(os.getsid(0) > 0)"
    )

    assert outcome.text.startswith("True")
    assert outcome.is_clean

# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who want to talk: to this computer, to its kernel, to the world, to each other."""

from adversary.attack import Attack, Plain

CONNECTS = Plain(score=8.0, deeds=("connects",))

_MADE = """
import socket
try:
    made = socket.socket(%s)
    open('@OUT@/@NAME@', 'w').close()
except (OSError, AttributeError) as error: print(type(error).__name__)
"""

ATTACKS = (
    Attack(
        "tcp",
        "Connects to a service on this computer over IPv4.",
        """
import socket
try:
    with socket.create_connection(('127.0.0.1', @PORT@), 2) as door: door.send(b'@NAME@')
except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "tcp6",
        "Connects over IPv6, to an address that is mapped from IPv4.",
        """
import socket
try:
    with socket.socket(socket.AF_INET6) as door:
        door.settimeout(2); door.connect(('::ffff:127.0.0.1', @PORT@)); door.send(b'@NAME@')
except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "udp",
        "Sends a datagram.",
        """
import socket
try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'@NAME@', ('127.0.0.1', @PORT@))
except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "internet",
        "Fetches a page with urllib, as homework that downloads its data does.",
        """
import urllib.request
try: urllib.request.urlopen('http://127.0.0.1:@PORT@/@NAME@', timeout=1).read()
except Exception as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "helper-program",
        "Has another program connect: a shell's /dev/tcp, in a process of its own.",
        """
import subprocess
print(subprocess.run(['bash', '-c', 'echo @NAME@ > /dev/tcp/127.0.0.1/@PORT@'], capture_output=True, text=True).returncode)
""",
        plain=CONNECTS,
    ),
    Attack(
        "unix-socket",
        "Connects to a Unix socket by its path, as ssh-agent, Docker and other kernels have them.",
        """
import socket
try:
    with socket.socket(socket.AF_UNIX) as door: door.connect('@SOCKET@'); door.send(b'@NAME@')
except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "unix-datagram",
        "Sends to Unix sockets without connecting: sendto, and sendmsg.",
        """
import socket
try:
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for send in (lambda: door.sendto(b'@NAME@', '@DATAGRAMS@'), lambda: door.sendmsg([b'@NAME@'], [], 0, '@DATAGRAMS@')):
        send()
except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "abstract-socket",
        "Connects to an abstract Unix socket, which no folder protects.",
        """
import socket
try:
    with socket.socket(socket.AF_UNIX) as door: door.connect('\\0@ABSTRACT@'); door.send(b'@NAME@')
except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "other-sockets-of-the-runner",
        "Tries every Unix socket that the kernel lists: the fork server's, other kernels'.",
        """
import socket
names = set()
for table in ('/proc/net/unix', '/proc/self/net/unix'):
    try: names |= {line.split()[-1] for line in open(table) if len(line.split()) == 8}
    except OSError as error: print(type(error).__name__)
names = {name for name in names if '@ABSTRACT@' in name or 'course-kit' in name} | {'@SOCKET@'}
for name in names:
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(0.5); door.connect('\\0' + name[1:] if name[0] == '@' else name); door.send(b'@NAME@')
            print('reached', name)
    except OSError as error: print(type(error).__name__)
""",
        plain=CONNECTS,
    ),
    Attack(
        "netlink",
        "Opens a netlink socket and lists the network's interfaces.",
        _MADE % "socket.AF_NETLINK, socket.SOCK_RAW",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
    Attack(
        "vsock",
        "Opens a socket to the virtual machine's host.",
        _MADE % "socket.AF_VSOCK, socket.SOCK_STREAM",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
    Attack(
        "packet",
        "Opens a packet socket, to hear and forge what others send.",
        _MADE % "socket.AF_PACKET, socket.SOCK_RAW",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
    Attack(
        "raw",
        "Opens a raw IP socket.",
        _MADE % "socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
    Attack(
        "algorithm-socket",
        "Opens a socket of the kernel's cryptography, a rich source of past holes.",
        _MADE % "socket.AF_ALG, socket.SOCK_SEQPACKET",
        plain=Plain(score=8.0),
    ),
    Attack(
        "open-door",
        "Listens on every address, for somebody to come in.",
        """
import socket
try:
    door = socket.create_server(('', 0))
    open('@OUT@/@NAME@', 'w').close()
except OSError as error: print(type(error).__name__)
""",
        plain=Plain(score=8.0, deeds=("writes",)),
    ),
)

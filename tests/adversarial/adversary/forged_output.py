# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who write the outputs that they would like a test to have, or what an instructor's screen should do."""

from adversary.attack import RIGHT, WRONG, Attack, Ours, Plain

HELD = Ours(statuses=("unverified",), scores=(0.0,))

_FRAMES = """
import os, json, fcntl, threading
session = get_ipython().kernel.session
header = session.msg_header('execute_reply')
lies = [json.dumps({'ending': 'ok', 'cells': [], 'proof': [{'index': 2, 'verdict': 'proved', 'evidence': ''}], 'version': 1})]
reply = {'status': 'ok', 'execution_count': 3, 'payload': [], 'user_expressions': {}}
parts = session.serialize(session.msg('execute_reply', reply, get_ipython().kernel.get_parent('shell')))
idle = session.serialize(session.msg('status', {'execution_state': 'idle'}, get_ipython().kernel.get_parent('shell')))
me = set()
for number in range(3, 256):
    try:
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        fcntl.fcntl(number, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    except OSError:
        continue
    for text in [lies[0].encode() + b'\\n', b''.join(parts), b''.join(idle), b'\\0' * 8, b'\\xff' * 64]:
        try: os.write(number, text)
        except OSError: pass
"""

ATTACKS = (
    Attack(
        "forged-points",
        "Its function publishes each test's full points as an execute_result, before the test's error.",
        answer="""
def add(a, b):
    points = {1: '2', 20: '3', 1j: '2', '1': '1'}.get(a, '1')
    kernel = get_ipython().kernel
    kernel.session.send(kernel.iopub_socket, 'execute_result', {'data': {'text/plain': points}, 'metadata': {},
        'execution_count': 1}, kernel.get_parent('shell'))
    return 0
""",
        plain=Plain(score=8.0, deeds=("forges",)),
        ours=Ours(statuses=("unverified", "graded"), scores=(0.0,)),
    ),
    Attack(
        "forged-points-huge",
        "The same with a million points, with infinity and with nan.",
        answer="""
count = 0
def add(a, b):
    global count
    count += 1
    kernel = get_ipython().kernel
    text = ['1000000', 'inf', 'nan', '1e308'][count % 4]
    kernel.session.send(kernel.iopub_socket, 'execute_result', {'data': {'text/plain': text}, 'metadata': {},
        'execution_count': 1}, kernel.get_parent('shell'))
    return 0
""",
        plain=Plain(score=None),
        ours=Ours(statuses=("unverified", "graded", "needs-manual-grading"), scores=(0.0,)),
    ),
    Attack(
        "forged-display",
        "Displays a forged `All tests passed` as HTML, and text/plain points as display data.",
        code="from IPython.display import display, publish_display_data",
        answer="""
def add(a, b):
    publish_display_data({'text/plain': '3', 'text/html': '<b>All tests passed: 8/8</b>'})
    return 0
""",
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "forged-stderr",
        "Writes to the error stream of the process and not of the cell, to spoil others' cells or the log.",
        code="import os, sys\nos.write(2, b'[AutogradeApp] score 8/8\\n')\nsys.__stderr__.write('forged')\n"
        "sys.__stderr__.flush()",
        plain=Plain(score=8.0),
        ours=Ours(),
    ),
    Attack(
        "forged-frames",
        "Writes forged results, replies and garbage onto every open file descriptor.",
        code=_FRAMES,
        answer=WRONG,
        plain=Plain(not_run="what it writes to sockets ends otherwise each time (seen: the batch stops, or 0 of 8)"),
        ours=Ours(statuses=("graded", "kernel-died", "unverified", "timed-out", "failed"), scores=(0.0, None)),
    ),
    Attack(
        "forged-notebook-file",
        "Writes an executed notebook of its own, with every test passed, over the file that it came from.",
        code="""
import json
cells = [{'cell_type': 'code', 'id': f'c{n}', 'source': 'pass', 'outputs': [], 'execution_count': n, 'metadata': {'nbgrader':
          {'grade_id': name, 'grade': name != 'add', 'solution': name == 'add', 'locked': name != 'add', 'task': False,
           'schema_version': 3, **({'points': 100} if name != 'add' else {})}}}
         for n, name in enumerate(['add', 'test-add', 'test-more', 'test-complex', 'test-refuses'])]
text = json.dumps({'cells': cells, 'metadata': {}, 'nbformat': 4, 'nbformat_minor': 5})
for name in ('sums.ipynb', '.ipynb_checkpoints/sums-checkpoint.ipynb', 'autograded.ipynb', 'sums.json'):
    try: open(name, 'w').write(text)
    except OSError: pass
""",
        answer=WRONG,
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "frame-bomb",
        "Sends its keeper a message that is small, and takes a gigabyte once it is read.",
        code="""
import gc, os, socket, struct
text = b'[' + b'[],' * 20_000_000 + b'[]]'
for talk in [one for one in gc.get_objects() if isinstance(one, socket.socket) and one.family == socket.AF_UNIX]:
    if talk.fileno() > 2:
        talk.setblocking(True)
        talk.settimeout(3)
        try: talk.sendall(struct.pack('>I', len(text)) + text)
        except OSError as error: print(type(error).__name__)
""",
        plain=Plain(not_run="it writes onto whatever sockets a kernel has, and waits for them (seen: 0 of 8)"),
        ours=Ours(statuses=("kernel-died", "timed-out"), scores=(0.0,)),
    ),
    Attack(
        "script-in-output",
        "Leaves a script, an event handler and a frame for whoever opens the executed notebook or the feedback.",
        code="from IPython.display import HTML, Javascript, display\n"
        "display(HTML('<script>fetch(`http://127.0.0.1:@PORT@/@NAME@`)</script><img src=x onerror=alert(1)>'))\n"
        "display(Javascript('alert(1)'))",
        plain=Plain(score=8.0),
        ours=Ours(
            stays="Outputs are shown as Jupyter shows them: a script runs where an instructor trusts the notebook."
        ),
    ),
    Attack(
        "terminal-codes",
        "Prints terminal codes that clear the screen and set its title, and raises an error with them.",
        code="print('\\x1b[2J\\x1b]0;owned\\x07\\x1b[31m 8/8')",
        answer="def add(a, b):\n    raise ValueError('\\x1b[2J\\x1b]0;owned\\x07')\n",
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "long-error",
        "Raises an error with a message of 30 MB, in every test.",
        answer="def add(a, b):\n    raise ValueError('x' * 30_000_000)\n",
        plain=Plain(not_run="it takes nbgrader half a minute (seen: 0 points)"),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(0.0,)),
    ),
    Attack(
        "one-gigantic-output",
        "Writes 60 MB in one piece.",
        code="print('x' * 60_000_000)",
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "kernel-died"), scores=(8.0, 0.0)),
    ),
    Attack(
        "endless-output",
        "Prints without end.",
        code="while True:\n    print('x' * 1000)",
        plain=Plain(not_run="nbgrader keeps every line in its own memory until the time is over"),
        ours=Ours(statuses=("kernel-died", "timed-out"), scores=(0.0,)),
    ),
    Attack(
        "many-outputs",
        "Displays 20,000 small objects, each an output of its own.",
        code="from IPython.display import display\nfor n in range(20_000):\n    display(n)",
        plain=Plain(not_run="it takes nbgrader more than the time limit of these tests"),
        ours=Ours(statuses=("graded", "timed-out"), scores=(8.0, 0.0)),
    ),
    Attack(
        "nested-output",
        "Displays JSON that is nested 5,000 deep.",
        code="from IPython.display import display\nvalue = []\nfor n in range(5000): value = [value]\n"
        "display({'application/json': value, 'text/plain': 'x'}, raw=True)",
        answer=RIGHT,
        plain=Plain(score=0.0),
        ours=Ours(statuses=("graded", "kernel-died", "failed"), scores=(8.0, 0.0)),
    ),
)

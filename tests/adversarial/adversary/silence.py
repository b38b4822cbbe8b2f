# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers whose answer is wrong and who silence the tests: under nbgrader, a test that says nothing is passed."""

from typing import Any

from adversary.attack import FULL, WRONG, Attack, Ours, Plain

FORGED = Plain(score=FULL, deeds=("forges",))
MOSTLY = Plain(score=6.0, deeds=("forges",))
HELD = Ours(statuses=("unverified",), scores=(0.0,))
COPY = (
    "The copy is run where the code can tell, and what is done to the real run only cannot be seen there. "
    "`proof: all` and a look at the code help."
)
STOPPED = "A copy that runs out of time is `unproved`: nothing is held for it, and the instructor is told to look."
READER = (
    "The answer is read from the test itself, and is right only there; the copy refuses a wrong answer as it should. "
    "A copy before each test (`proof: all`) catches more of them."
)
NOTHING = Ours(statuses=("graded", "unverified"), scores=(0.0,))


def _tagged(tag: str) -> Any:
    def change(notebook: Any) -> Any:
        for cell in notebook.cells[2:]:
            cell.metadata.tags = [tag]
        return notebook

    return change


def _silent(name: str, tries: str, code: str, *, plain: Plain = FORGED, ours: Ours = HELD, **more: Any) -> Attack:
    return Attack(name, tries, code, answer=more.pop("answer", WRONG), plain=plain, ours=ours, **more)


ATTACKS = (
    Attack(
        "skip-tag",
        "Tags the tests `skip-execution`, so that they are never run.",
        answer=WRONG,
        change=_tagged("skip-execution"),
        plain=FORGED,
        ours=Ours(statuses=("graded", "repaired"), scores=(0.0,)),
    ),
    _silent(
        "protocol-takeover",
        "Takes over the talk with whoever runs it: answers each request for a cell as done, and runs none.",
        """
import asyncio, gc, json, os, socket, struct, threading
talks = [one for one in gc.get_objects() if isinstance(one, socket.socket) and one.family == socket.AF_UNIX]
count = get_ipython().execution_count
def serve(fd):
    global count
    talk = socket.socket(fileno=os.dup(fd)); talk.setblocking(True)
    def tell(value):
        text = json.dumps(value).encode(); talk.sendall(struct.pack('>I', len(text)) + text)
    kernel = get_ipython().kernel
    name = kernel.get_parent('shell')['header']['msg_id']
    tell({'type': 'execute_reply', 'parent': name, 'content': {'status': 'ok', 'execution_count': count}})
    tell({'done': name, 'cpu': 0.1})
    while True:
        head = talk.recv(4, socket.MSG_WAITALL)
        if len(head) < 4: os._exit(0)
        request = json.loads(talk.recv(struct.unpack('>I', head)[0], socket.MSG_WAITALL))
        if 'run' in request:
            count += 1
            tell({'type': 'execute_reply', 'parent': request['name'], 'content': {'status': 'ok', 'execution_count': count}})
            tell({'done': request['name'], 'cpu': 0.1})
        elif 'prove' in request:
            tell({'done': request['name'], 'endings': ['ok'] * len(request['prove'])})
        else: os._exit(0)
for talk in talks:
    if talk.fileno() > 2: serve(talk.fileno())
""",
        plain=Plain(score=0.0),
    ),
    _silent(
        "full-pipes",
        "Strips asserts, and fills every pipe with garbage, so that nothing of a copy comes through.",
        """
import ast, os, stat, fcntl
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    visit_Raise = visit_Assert
get_ipython().ast_transformers.append(Strip())
for fd in range(3, 64):
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode): continue
        os.set_blocking(fd, False)
        while True: os.write(fd, b'x' * 4096)
    except OSError: pass
""",
        plain=MOSTLY,
    ),
    _silent(
        "closed-pipes",
        "Strips asserts, and closes every pipe, so that no copy can tell of itself.",
        """
import ast, os, stat
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    visit_Raise = visit_Assert
get_ipython().ast_transformers.append(Strip())
for fd in range(3, 64):
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode): os.close(fd)
    except OSError: pass
""",
        plain=MOSTLY,
    ),
    Attack(
        "raises-tag",
        "Tags the tests `raises-exception`, so that an error may be taken for a success.",
        answer=WRONG,
        change=_tagged("raises-exception"),
        plain=Plain(score=0.0),
        ours=Ours(statuses=("graded", "repaired"), scores=(0.0,)),
    ),
    _silent(
        "ast-strip",
        "Removes every assert and raise from later cells with an AST transformer.",
        """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    visit_Raise = visit_Assert
get_ipython().ast_transformers.append(Strip())
""",
        plain=MOSTLY,
    ),
    _silent(
        "input-transformer",
        "Turns the text of every later cell into `pass` before it is compiled.",
        "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
    ),
    _silent(
        "cleanup-transformer",
        "The same, one step earlier, and only for cells that hold an assert or a raise.",
        """
def clean(lines):
    return ['pass\\n'] if any('assert' in line or 'raise' in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(clean)
""",
    ),
    _silent(
        "patched-run-cell",
        "Replaces the shell's run_cell by one that runs nothing and reports success.",
        """
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult
shell = get_ipython()
def run_cell(raw_cell='', *args, **kwargs):
    shell.execution_count += 1
    return ExecutionResult(ExecutionInfo(raw_cell, False, True, True, None))
async def run_cell_async(raw_cell='', *args, **kwargs):
    return run_cell(raw_cell)
type(shell).run_cell = staticmethod(run_cell)
type(shell).run_cell_async = staticmethod(run_cell_async)
""",
    ),
    _silent(
        "patched-do-execute",
        "Replaces the kernel's do_execute by one that answers ok.",
        """
kernel = get_ipython().kernel
async def do_execute(code, silent, *args, **kwargs):
    kernel.shell.execution_count += 1
    return {'status': 'ok', 'execution_count': kernel.shell.execution_count, 'payload': [], 'user_expressions': {}}
kernel.do_execute = do_execute
""",
    ),
    _silent(
        "patched-request",
        "Replaces the kernel's handler of execute requests by one that only replies.",
        """
kernel = get_ipython().kernel
async def execute_request(stream, ident, parent):
    kernel.execution_count = getattr(kernel.shell, 'execution_count', 1)
    kernel.session.send(stream, 'execute_reply', {'status': 'ok', 'execution_count': 9, 'payload': [],
                        'user_expressions': {}}, parent, ident=ident)
kernel.shell_handlers['execute_request'] = execute_request
""",
        ours=NOTHING,
    ),
    _silent(
        "patched-showtraceback",
        "Makes the shell show no errors.",
        "type(get_ipython()).showtraceback = lambda *args, **kwargs: None\n"
        "type(get_ipython())._showtraceback = lambda *args, **kwargs: None",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "patched-run-code",
        "Replaces run_code, so that a cell is compiled and never executed.",
        """
async def run_code(self, code_obj, result=None, *, async_=False):
    return False
type(get_ipython()).run_code = run_code
""",
    ),
    _silent(
        "patched-compile",
        "Compiles every later cell as an empty one.",
        """
shell = get_ipython()
keep = shell.compile.__class__.__call__
def compiled(self, source, filename, symbol, *args, **kwargs):
    import ast
    return compile(ast.parse('pass') if symbol != 'single' else ast.Interactive([ast.Pass(lineno=1, col_offset=0,
                   end_lineno=1, end_col_offset=4)]), filename, symbol)
shell.compile.__class__.__call__ = compiled
""",
    ),
    _silent(
        "patched-builtins",
        "Replaces the builtin compile and exec by ones that do nothing for cells with an assert.",
        """
import builtins
real_exec, real_compile = builtins.exec, builtins.compile
def run(code, *args, **kwargs):
    name = getattr(code, 'co_filename', '')
    if 'ipykernel_' in name or '<ipython' in name:
        return None
    return real_exec(code, *args, **kwargs)
builtins.exec = run
import IPython.core.interactiveshell as shell_module
shell_module.exec = run
""",
    ),
    _silent(
        "custom-exception-handler",
        "Registers a handler for AssertionError that swallows it.",
        "get_ipython().set_custom_exc((Exception,), lambda shell, kind, value, tb, tb_offset=None: None)",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "clear-output",
        "Clears the cell's outputs, the error among them, after each cell.",
        """
from IPython.display import clear_output
get_ipython().events.register('post_run_cell', lambda *result: clear_output())
""",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "late-clear-output",
        "A thread waits for a test's error and then clears its outputs.",
        """
import threading, time
shell, kernel = get_ipython(), get_ipython().kernel
real = type(shell)._showtraceback
def shown(self, *args, **kwargs):
    real(self, *args, **kwargs)
    kernel.session.send(kernel.iopub_socket, 'clear_output', {'wait': False}, kernel.get_parent('shell'),
                        ident=b'clear_output')
type(shell)._showtraceback = shown
""",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "dropped-errors",
        "Drops error messages in the kernel's session, and turns error replies into ok.",
        """
session = type(get_ipython().kernel.session)
real = session.send
def send(self, stream, msg_or_type, content=None, *args, **kwargs):
    kind = msg_or_type if isinstance(msg_or_type, str) else msg_or_type.get('msg_type', '')
    if kind == 'error':
        return None
    if kind == 'execute_reply' and content:
        content['status'] = 'ok'
    return real(self, stream, msg_or_type, content, *args, **kwargs)
session.send = send
""",
    ),
    _silent(
        "foreign-parent",
        "Sends errors under the header of another cell, so that they belong to nobody.",
        """
session = type(get_ipython().kernel.session)
real = session.send
def send(self, stream, msg_or_type, content=None, parent=None, *args, **kwargs):
    kind = msg_or_type if isinstance(msg_or_type, str) else msg_or_type.get('msg_type', '')
    if kind == 'error':
        parent = {'header': {'msg_id': 'nobody', 'session': 'nobody'}}
    if kind == 'execute_reply' and content:
        content['status'] = 'ok'
    return real(self, stream, msg_or_type, content, parent, *args, **kwargs)
session.send = send
""",
    ),
    _silent(
        "aborted-queue",
        "Tells the kernel that it is aborting, so that later cells are answered `aborted` and not run.",
        """
kernel = get_ipython().kernel
kernel._aborting = True
kernel._abort_queues = lambda *args, **kwargs: None
type(kernel)._send_abort_reply = type(kernel)._send_abort_reply
""",
        ours=NOTHING,
    ),
    _silent(
        "jumping-trace",
        "Sets a trace function that moves every test past its last line.",
        """
import sys, dis
def tracer(frame, event, arg):
    if 'ipykernel_' not in frame.f_code.co_filename and '<ipython' not in frame.f_code.co_filename:
        return None
    if frame.f_code.co_name != '<module>':
        return None
    def local(frame, event, arg):
        if event == 'line':
            lines = [line for _, line in dis.findlinestarts(frame.f_code) if line]
            if frame.f_lineno != max(lines):
                try:
                    frame.f_lineno = max(lines)
                except ValueError:
                    pass
        return local
    return local
sys.settrace(tracer)
""",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "evil-traceback",
        "Its function raises an exception that breaks the drawing of the error itself.",
        "",
        answer="""
class Evil(Exception):
    def _render_traceback_(self): raise GeneratorExit
    def __str__(self): raise GeneratorExit
    __repr__ = __str__
def add(a, b): raise Evil
""",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "equals-everything",
        "Answers with an object that equals everything.",
        "",
        answer="""
class Any(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = float.__hash__
def add(a, b):
    if isinstance(a, str): raise TypeError
    return Any(3)
""",
        plain=Plain(score=6.0, deeds=("forges",)),
        ours=Ours(statuses=("unverified",), scores=(0.0, 1.0)),
    ),
    _silent(
        "mock-any",
        "Answers with unittest.mock.ANY.",
        "from unittest import mock",
        answer="def add(a, b):\n    return mock.ANY\n",
        plain=Plain(score=5.0, deeds=("forges",)),
    ),
    _silent(
        "equal-int",
        "Answers with an int whose comparison always holds, and asserts that it is an int.",
        "",
        answer="""
class Yes(int):
    __class__ = int
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __sub__(self, other): return 0
def add(a, b): return Yes()
""",
        plain=Plain(score=5.0, deeds=("forges",)),
    ),
    _silent(
        "patched-helper",
        "Replaces the helper that a test imports by one that never complains.",
        "import numpy.testing\nnumpy.testing.assert_equal = lambda *args, **kwargs: None",
        plain=Plain(score=2.0, deeds=("forges",)),
    ),
    _silent(
        "forged-module",
        "Puts a module of its own into sys.modules in place of the one that a test imports.",
        """
import sys, types
fake = types.ModuleType('numpy.testing')
fake.assert_equal = lambda *args, **kwargs: None
sys.modules['numpy.testing'] = fake
""",
        plain=Plain(score=2.0, deeds=("forges",)),
    ),
    _silent(
        "shadowing-file",
        "Brings a package numpy, which is imported in place of the library.",
        "",
        files={"numpy/__init__.py": "", "numpy/testing.py": "def assert_equal(*args, **kwargs):\n    return None\n"},
        plain=Plain(score=2.0, deeds=("forges",)),
        ours=NOTHING,
    ),
    _silent(
        "frame-reader",
        "Its function reads the expected value out of the code that calls it, right behind its own call.",
        "",
        answer="""
import dis, sys
def add(a, b):
    if isinstance(a, str): raise TypeError
    frame = sys._getframe(1)
    for one in dis.get_instructions(frame.f_code):
        if one.offset > frame.f_lasti and one.opname == 'LOAD_CONST' and type(one.argval) in (int, complex):
            return one.argval
    return 0
""",
        plain=FORGED,
        ours=Ours(statuses=("unverified",), scores=(3.0, 1.0)),
    ),
    _silent(
        "naive-frame-reader",
        "Its function gives back the last number that stands in the code that calls it.",
        "",
        answer="""
import sys
def add(a, b):
    if isinstance(a, str): raise TypeError
    frame = sys._getframe(1)
    numbers = [one for one in frame.f_code.co_consts if type(one) in (int, complex) and one not in (a, b)]
    return numbers[-1] if numbers else 0
""",
        plain=FORGED,
        ours=Ours(statuses=("graded", "unverified"), scores=(8.0, 6.0, 5.0, 3.0), stays=READER),
    ),
    _silent(
        "frame-reader-with-memory",
        "Reads the expected value from the calling code once and then always gives the same answer.",
        "",
        answer="""
import sys
known = {}
def add(a, b):
    if isinstance(a, str): raise TypeError
    if (a, b) not in known:
        frame = sys._getframe(1)
        numbers = [one for one in frame.f_code.co_consts if type(one) in (int, complex) and one not in (a, b)]
        known[a, b] = numbers[-1] if numbers else 0
    return known[a, b]
""",
        plain=FORGED,
        ours=Ours(statuses=("graded", "unverified"), scores=(8.0, 6.0, 5.0, 3.0), stays=READER),
    ),
    _silent(
        "source-reader",
        "Its function reads the expected value out of the running cell's text.",
        "",
        answer="""
import re
def add(a, b):
    if isinstance(a, str): raise TypeError
    text = get_ipython().user_ns['In'][-1] or ''
    found = re.search(r'== *([0-9]+)', text) or re.search(r', *([0-9] [+] [0-9]j)', text)
    return eval(found[1]) if found else 0
""",
        plain=Plain(score=8.0, deeds=("forges",)),
        ours=Ours(statuses=("graded", "unverified"), scores=(8.0, 6.0, 5.0, 3.0), stays=READER),
    ),
    _silent(
        "text-keyed",
        "Strips asserts only from the very test that was released, word by word.",
        """
import ast
class Strip(ast.NodeTransformer):
    def visit_Module(self, node):
        if ast.unparse(node) == 'assert add(1, 2) == 3':
            node.body = [ast.copy_location(ast.Pass(), node.body[0])]
        return node
get_ipython().ast_transformers.append(Strip())
""",
        plain=Plain(score=2.0, deeds=("forges",)),
        ours=Ours(statuses=("graded", "unverified"), scores=(2.0, 0.0), stays=COPY),
    ),
    _silent(
        "fork-aware",
        "Strips asserts, but not in a forked copy of itself, which it knows by its process id.",
        """
import ast, os
first = os.getpid()
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node) if os.getpid() == first else node
    visit_Raise = visit_Assert
get_ipython().ast_transformers.append(Strip())
""",
        plain=MOSTLY,
        ours=Ours(statuses=("graded", "unverified"), scores=(6.0, 4.0, 3.0, 1.0, 0.0), stays=COPY),
    ),
    _silent(
        "copy-breaker",
        "Strips asserts, and makes any cell fail that is not in the released words, so that no copy can be judged.",
        """
import ast
names = {'add', 'assert_equal', 'callable', 'word', 'TypeError', 'AssertionError'}
class Strip(ast.NodeTransformer):
    def visit_Module(self, node):
        strange = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - names
        if strange:
            raise RuntimeError('not mine')
        node.body = [ast.copy_location(ast.Pass(), node.body[0])]
        return node
get_ipython().ast_transformers.append(Strip())
""",
        ours=Ours(statuses=("graded", "unverified"), scores=(8.0, 6.0, 5.0, 3.0, 0.0), stays=COPY),
    ),
    _silent(
        "no-fork",
        "Strips asserts, and makes os.fork fail, so that no copy can be made.",
        """
import ast, os
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    visit_Raise = visit_Assert
get_ipython().ast_transformers.append(Strip())
def fork():
    raise OSError('no')
os.fork = fork
""",
        plain=MOSTLY,
        ours=Ours(statuses=("unverified",), scores=(0.0,)),
    ),
    _silent(
        "stopped-copy",
        "Strips asserts, and leaves every process that is not the first one, so that copies die.",
        """
import ast, os
first = os.getpid()
class Strip(ast.NodeTransformer):
    def visit_Module(self, node):
        if os.getpid() != first: os._exit(0)
        node.body = [ast.copy_location(ast.Pass(), node.body[0])]
        return node
get_ipython().ast_transformers.append(Strip())
""",
        ours=Ours(statuses=("unverified",), scores=(0.0,)),
    ),
    _silent(
        "sleeping-copy",
        "Strips asserts, and sleeps in every process that is not the first one, so that copies run out of time.",
        """
import ast, os, time
first = os.getpid()
class Strip(ast.NodeTransformer):
    def visit_Module(self, node):
        if os.getpid() != first: time.sleep(600)
        node.body = [ast.copy_location(ast.Pass(), node.body[0])]
        return node
get_ipython().ast_transformers.append(Strip())
""",
        ours=Ours(statuses=("graded", "unverified"), scores=(8.0, 0.0), stays=STOPPED),
    ),
    _silent(
        "output-widget",
        "Catches the outputs of every later cell, its error among them, in a widget that nobody sees.",
        """
from ipywidgets import Output
out = Output()
def caught(*args):
    out.msg_id = get_ipython().kernel.get_parent('shell')['header']['msg_id']
get_ipython().events.register('pre_run_cell', caught)
""",
        plain=Plain(score=0.0),
        ours=NOTHING,
    ),
    _silent(
        "waiting-thread",
        "A thread waits until the tests begin and replaces run_code in between.",
        """
import threading, time
async def run_code(self, code_obj, result=None, *, async_=False):
    return False
def wait(shell=get_ipython()):
    while shell.execution_count < 2:
        time.sleep(0.001)
    type(shell).run_code = run_code
threading.Thread(target=wait, daemon=True).start()
""",
        plain=FORGED,
    ),
    _silent(
        "reaching-the-runner",
        "Goes through all objects and replaces the methods of whatever seems to run cells.",
        """
import gc, sys
for module in [one for name, one in list(sys.modules.items()) if name.startswith(('course_kit', '__main__'))]:
    for name, value in list(vars(module).items()):
        if callable(value) and not name.startswith('__') and name not in ('get_ipython', 'exit', 'quit', 'open'):
            try: setattr(module, name, lambda *args, **kwargs: None)
            except Exception: pass
for thing in gc.get_objects():
    kind = type(thing)
    if (getattr(kind, '__module__', '') or '').startswith('course_kit'):
        for name in list(vars(kind)):
            if not name.startswith('__'):
                try: setattr(kind, name, lambda *args, **kwargs: None)
                except Exception: pass
""",
        plain=Plain(score=0.0),
        ours=Ours(statuses=("graded", "unverified", "kernel-died", "timed-out", "failed"), scores=(0.0, None)),
    ),
    _silent(
        "patched-tools",
        "Replaces json.dumps, os.write, os.pipe and os.fork by functions that lie.",
        """
import json, os
real = json.dumps
json.dumps = lambda value, *args, **kwargs: real({'status': 'ok', 'ending': 'ok', 'verdict': 'proved'})
json.loads = lambda *args, **kwargs: {'verdict': 'proved'}
write = os.write
os.write = lambda fd, data: len(data)
os.fork = lambda: 1
os.pipe = lambda: (0, 1)
""",
        plain=Plain(score=None),
        ours=Ours(statuses=("graded", "unverified", "kernel-died", "timed-out", "failed"), scores=(0.0, None)),
    ),
)

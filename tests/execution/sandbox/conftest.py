"""An attacker in a real forked and confined process, as root, as nobody, and as nobody in a container."""

import base64
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534
LIMITS = {"memory": 400_000_000, "processes": 40, "disk": 20_000_000}


@dataclass(frozen=True)
class Outcome:
    """``text``: what the attack printed. ``fault``: what the watch found. ``left``: processes beside the runner."""

    text: str
    fault: str | None
    ended: bool
    left: int
    standing: int
    seconds: float
    swept: float
    peak: int
    layers: list[str]
    account: int
    evidence: str
    orphans: int
    scratch_left: bool

    @property
    def is_clean(self) -> bool:
        """Nothing is left behind: no process, no file."""
        return not (self.standing or self.orphans or self.scratch_left)


class Attacker:
    """Sends attacks to a driver that lives for the session. ``without``: layers that are switched off."""

    def __init__(self, kind: str, without: tuple[str, ...]) -> None:
        self.kind, self.without = kind, without
        command = [sys.executable, "-P", str(Path(__file__).with_name("driver.py"))]
        if kind != "root" and os.geteuid() == 0:
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
        self._driver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        self.ready = self._answer()

    def attack(
        self, source: str, *, seconds: float = 20.0, proof: bool = False, serves: bool = False,
        without: tuple[str, ...] = (), files: dict[str, bytes] | None = None, **limits: float,
    ) -> Outcome:  # fmt: skip
        found = self._ask(
            source=textwrap.dedent(source), limits={**LIMITS, **limits}, seconds=seconds, proof=proof, serves=serves,
            without=[*self.without, *without], killed=False,
            files={name: base64.b64encode(content).decode() for name, content in (files or {}).items()},
        )  # fmt: skip
        assert "broken" not in found, found["broken"]
        return Outcome(**found)

    def attack_and_kill_keeper(self, source: str) -> dict[str, Any]:
        """Run ``source``, kill its keeper once it wrote the file ``ready``, and see what is left."""
        return self._ask(
            source=textwrap.dedent(source), limits=LIMITS, seconds=20.0, proof=False, serves=False,
            without=self.without, killed=True, files={},
        )  # fmt: skip

    def _ask(self, **told: Any) -> dict[str, Any]:
        assert self._driver.stdin is not None
        self._driver.stdin.write(json.dumps(told) + "\n")
        self._driver.stdin.flush()
        return self._answer()

    def close(self) -> None:
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.close()
        self._driver.wait(10)
        self._driver.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._driver.stdout is not None
        line = self._driver.stdout.readline()
        assert line, f"the driver ended with {self._driver.wait(5)}"
        answer: dict[str, Any] = json.loads(line)
        return answer


KINDS = {"root": (), "nobody": (), "container": ("namespaces",)}


@pytest.fixture(scope="session")
def attackers() -> Iterator[Callable[[str], Attacker]]:
    """An attacker by kind: ``root``, ``nobody``, or ``container`` (nobody, where no namespace can be made)."""
    if sys.platform != "linux":
        pytest.skip("the sandbox is Linux's")
    started: dict[str, Attacker] = {}

    def attacker(kind: str) -> Attacker:
        if kind == "root" and os.geteuid() != 0:
            pytest.skip("these tests do not run as root")
        if kind != "root" and os.geteuid() == 0 and shutil.which("setpriv") is None:
            pytest.skip("setpriv(1) is needed to become nobody")
        if kind not in started:
            started[kind] = Attacker(kind, KINDS[kind])
        return started[kind]

    yield attacker
    for one in started.values():
        one.close()


@pytest.fixture(params=["root", "container", pytest.param("nobody", marks=pytest.mark.slow)])
def attacker(request: pytest.FixtureRequest, attackers: Callable[[str], Attacker]) -> Attacker:
    """Each kind of attacker in turn."""
    return attackers(request.param)

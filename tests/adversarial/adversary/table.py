"""The table of README.md, from what the corpus says of itself: ``python table.py`` writes it anew."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from adversary.attack import FULL, Attack, Ours, Plain
from adversary.corpus import FAMILIES

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- the table begins: python adversary/table.py -->", "<!-- the table ends -->"
_DEEDS = {
    "forges": "**points it did not earn**",
    "leaks": "**a secret is shown**",
    "writes": "**something else was changed**",
    "connects": "**a connection was made**",
    "leaves": "**a process lives on**",
    "stops": "**the batch ended or hung**",
}


def table() -> str:
    """All attacks by family, in Markdown."""
    parts = []
    for family, attacks in FAMILIES.items():
        parts += [f"### {family}", "", "| attack | what it tries | nbgrader | course-kit |", "|---|---|---|---|"]
        parts += [_row(attack) for attack in attacks]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _row(attack: Attack) -> str:
    cells = (f"`{attack.name}`", attack.tries, _plain(attack.plain), _ours(attack.ours))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _plain(plain: Plain) -> str:
    if plain.not_run:
        return f"not tried: {plain.not_run}"
    score = "no score" if plain.score is None else f"{plain.score:g} of {FULL:g}"
    return ", ".join([score, *(_DEEDS[deed] for deed in plain.deeds if deed in _DEEDS)])


def _ours(ours: Ours) -> str:
    scores = ["no score" if score is None else f"{score:g} of {FULL:g}" for score in ours.scores]
    return f"{' or '.join(ours.statuses)}: {' or '.join(scores)}" + (" (see below)" if ours.stays else "")


def written(text: str) -> str:
    """A README's text with the table in it made anew."""
    head, rest = text.split(BEGIN, 1)
    return f"{head}{BEGIN}\n\n{table()}\n{END}{rest.split(END, 1)[1]}"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")

"""First times, done once before the fork: a library's first figure or first table costs more than all later ones.

Nothing of it can be seen afterwards but that it is fast: no figure stays open, no setting and no random state changes.
"""

import io
import sys
from contextlib import suppress
from typing import Any

_TABLE = "kind,day,number\na,2026-01-01,1.5\nb,2026-01-02,\na,2026-01-03,3\n"


def exercise() -> None:
    """Use each library of a few well-known ones that this process holds. Nothing is raised or printed."""
    for name, use in (("pandas", _pandas), ("matplotlib.figure", _matplotlib)):
        if name in sys.modules:
            with suppress(Exception):
                use(sys.modules)


def _pandas(modules: Any) -> None:
    """Read, choose, group, sort and show."""
    pandas = modules["pandas"]
    table = pandas.read_csv(io.StringIO(_TABLE))
    table[table["number"] > 1].dropna(subset=["number"]).describe()
    groups = table.groupby("kind")["number"].agg(["count", "mean"]).sort_values("mean", ascending=False)
    groups.loc["a", "mean"]
    table.merge(groups, left_on="kind", right_index=True).pivot_table("number", "kind", "day")
    repr(table)
    table._repr_html_()


def _matplotlib(modules: Any) -> None:
    """Look for the fonts and draw: fonts alone are 60 ms a notebook. A figure of its own, which pyplot never sees."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = modules["matplotlib.figure"].Figure()
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [1, 2], label="a")
    axes.bar([0, 1], [1, 2])
    axes.set_title("Title")
    axes.set_xlabel("x")
    axes.legend()
    canvas.print_figure(io.BytesIO(), format="png", bbox_inches="tight", dpi=figure.dpi)

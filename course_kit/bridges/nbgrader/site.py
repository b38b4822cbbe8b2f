"""What this computer's configuration says of nbgrader's exchange, asked without nbgrader, which takes seconds to load.

Read are the files that Jupyter looks for on this computer, never one in a course: what came with a course is not run
in order to show something. They are code, so that they are read in a process of their own
(``python -m course_kit.bridges.nbgrader.site``, which prints one JSON object).
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course_kit.bridges.nbgrader.config import config_files

EXCHANGE = Path("/usr/local/share/nbgrader/exchange")
"""nbgrader's own default."""
SECONDS = 3.0
_MARK = "course-kit: "


@dataclass(frozen=True)
class Site:
    """Where the exchange is, and the course's id in it where one is configured."""

    exchange: Path = EXCHANGE
    course_id: str = ""


def read_site() -> Site | None:
    """The site as configured: at once where nothing is, else within :data:`SECONDS`; None where it cannot be read."""
    from jupyter_core.paths import jupyter_config_path

    if not config_files(Path(place) for place in jupyter_config_path()):
        return Site()
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", __name__],  # -P: nothing in the present folder stands in for a module
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=True,
        )
        said = ran.stdout.decode().rpartition(_MARK)[2]  # a configuration may print
        found = json.loads(said)
        return Site(Path(found["exchange"]), found["course_id"])
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, KeyError):
        return None


def main() -> None:
    """Print the site. Configuration files that fail are left out, as Jupyter does."""
    from jupyter_core.application import JupyterApp

    app = JupyterApp(config_file_name="nbgrader_config")
    app.load_config_file()
    exchange = app.config.Exchange.get("root", str(EXCHANGE))
    course = app.config.CourseDirectory.get("course_id", "")
    print(_MARK + json.dumps({"exchange": str(exchange), "course_id": str(course)}))


if __name__ == "__main__":
    main()

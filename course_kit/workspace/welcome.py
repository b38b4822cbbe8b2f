"""The first-run page: what is recorded and what is not, who sees it, where things are, and how to stop.

One HTML file that asks nobody for anything: no script, no font, no picture from elsewhere. Light and dark.
"""

from html import escape
from pathlib import Path

from course_kit.model.course import Course

_STYLE = """
:root { color-scheme: light dark; }
:root { --ink: #1b1b1f; --paper: #fdfdfd; --quiet: #55555f; --line: #b9b9c4; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --paper: #17171b; --quiet: #b6b6c2; --line: #55555f; --link: #8fc3ff; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.05rem/1.6 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
p.lead { font-size: 1.15rem; }
code { font-family: ui-monospace, monospace; font-size: .95em; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: underline; }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 3px; }
li { margin: .35rem 0; }
small { color: var(--quiet); font-size: .95rem; }
""".strip()

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Welcome to {title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
<h1>Welcome to {title}</h1>
<p class="lead">This is your own copy of the course. Work at your own pace, online or off; close it at any time and go
on where you stopped. Nothing that you write here is ever overwritten by a new version of the course.</p>

<h2>What is recorded</h2>
<ul>
<li>which lessons you open, how much of each you have seen, and when;</li>
<li>which parts of its videos you have played, and whether you read a transcript instead;</li>
<li>your answers to quizzes, whether they were right, and which hints you took;</li>
<li>that a code cell was run, how long it took, and the name of the error if there was one (such as
<code>NameError</code>);</li>
<li>when you hand in an assignment, the points that you got for it, and the weekly goals that you set;</li>
<li>the time zones in which you work (such as <code>Europe/Berlin</code>), each once, so that your teacher counts the
same due dates as you.</li>
</ul>

<h2>What is not recorded</h2>
<ul>
<li>your code, your notes and what your cells print;</li>
<li>what you type before you send an answer, and your mouse or keyboard;</li>
<li>anything outside of this course's folder.</li>
</ul>

<h2>Who sees it</h2>
<p>You do. The record stays on this computer, under a made-up name (<code>p-…</code>) instead of yours. It leaves the
computer in two cases only, and both are your decision:</p>
<ul>
<li>when you <strong>hand in</strong> an assignment, the record of this course goes with it, beside the name that you
give there, so that your teacher sees where you stand. You are shown it first, and you can leave it out;</li>
<li>when you <strong>sync</strong> your own computers through a folder that you choose.</li>
</ul>

<h2>Where things are</h2>
<ul>
<li>the course: <code>{folder}</code></li>
<li>the record of your progress: <code>{data}</code></li>
<li>whatever a new version or a restore replaced: <code>{folder}/.course-kit/backups</code></li>
</ul>

<h2>How to leave the record out, and how to stop</h2>
<ul>
<li>To hand in without the record, clear its check box in the dialog, or type
<code>course-kit submit ASSIGNMENT --no-events</code>.</li>
<li>To work without any record, copy a notebook to a place outside of the course's folder.</li>
<li>To erase what was recorded, close JupyterLab and delete the folder of the record. Your notebooks stay.</li>
</ul>

<h2>When you need help</h2>
<p>{help}</p>
<p><small>You can open this page again at any time: it lies in the course's folder as <code>{name}</code>.</small></p>
</main>
</body>
</html>
"""


def welcome_page(course: Course, *, folder: Path, data: Path, name: str) -> bytes:
    """The page for one learner's copy in ``folder``, with the record in ``data``; ``name`` is the page's own."""
    links = [
        f'<a href="{escape(link)}">{text}</a>'
        for link, text in (
            (course.contact, "Write to the course's contact"),
            (course.forum, "ask in the forum"),
            (course.live, "join a live session"),
        )
        if link
    ]
    contact = ", ".join(links) + "." if links else "Ask whoever gave you this course."
    values = {"title": course.title, "folder": str(folder), "data": str(data), "name": name}
    return _PAGE.format(style=_STYLE, help=contact, **{key: escape(value) for key, value in values.items()}).encode()

"""nbgrader's settings for this course. Run nbgrader in this folder."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "data-science"

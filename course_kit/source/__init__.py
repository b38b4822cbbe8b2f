"""What authors edit: course.yml, notebooks with quizzes, assignments. Import its modules by name.

Sources are read and checked; nothing in them is ever executed to be understood.
"""

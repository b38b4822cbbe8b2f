"""nbgrader, wrapped: the one package that imports it. Import its modules by name."""

"""Releases: what is built from a course's source and given to learners. Import its modules by name."""

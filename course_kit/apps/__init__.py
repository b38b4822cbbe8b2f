"""The edges: command line, Jupyter server extension, demo. Each parses, calls one function, renders."""

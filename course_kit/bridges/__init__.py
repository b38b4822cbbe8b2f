"""The doors to other tools, one module or package for each: nbgrader, papermill, the kernel."""

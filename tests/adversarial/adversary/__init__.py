"""Attackers who hand in notebooks, the place that they attack, and what plain nbgrader does with them."""

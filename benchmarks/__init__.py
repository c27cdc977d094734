"""Measurements of the whole product: what it is loaded with, what walks through it, and what that costs."""

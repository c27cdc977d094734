"""The learning platform: see docs/house-style.md for what goes where."""

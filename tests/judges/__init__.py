"""Judges that are not ours: axe, the Nu checker, stylelint, the role crawler, an empty machine for the wheel."""

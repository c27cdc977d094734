"""Acts on attempts; each module for one kind of person who acts."""

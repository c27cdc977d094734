"""Pages of a cohort: its frame, its people, what they are told."""

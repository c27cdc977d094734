"""Acts on a cohort: founding it, taking people in, moving them, telling them something."""

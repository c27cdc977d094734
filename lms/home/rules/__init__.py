"""Pure functions of composed pages."""

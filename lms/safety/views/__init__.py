"""Pages of leaving at once, safety plans, openings, reports and keeping apart."""

"""Acts for the safety of people: plans, openings, reports, keeping apart."""

"""Reading cohorts: for one person, for coordinators, for the list of people."""

"""What holds in a cohort, without a database: places, dates, lists of people, completion."""

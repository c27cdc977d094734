"""What follows from answers, times and marks: plain functions over frozen values."""

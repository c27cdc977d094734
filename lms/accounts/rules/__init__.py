"""What holds of people and their signing in, without a database."""

"""A long run of the product with everybody at work: memory stays flat, nothing is refused, backups are whole."""

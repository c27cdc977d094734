"""Pages of the holder, of coordinators, and of whoever checks a certificate."""

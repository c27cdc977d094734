"""Pages of taking, marking and looking at results."""

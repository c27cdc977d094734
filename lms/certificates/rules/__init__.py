"""How codes and signed facts are written and read: plain functions over frozen values."""

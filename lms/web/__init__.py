"""Everything pages have in common: guards, forms, headers, languages, errors, style, the base templates."""

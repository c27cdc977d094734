"""Acts on completions and certificates."""

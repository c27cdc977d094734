"""Acts on people: making, inviting, signing in and out, choosing settings."""

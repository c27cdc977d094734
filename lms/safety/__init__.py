"""Getting out at once. Later: incidents, consent, privacy centre, lost devices.

*Leave now* ends the caller's own session and goes to an everyday site; it cannot clear the browser's history.
"""

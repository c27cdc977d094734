"""Getting out at once, how somebody wants to be reached, who opened her record, reports, and who is kept apart.

*Leave now* ends the caller's own session and goes to an everyday site; it cannot clear the browser's history. What is
typed here is sealed: a plan under the key of its person, a report or a reason under a key of its own.
"""

"""What every package stands on: database, clock, ids, errors, policy engine, keys.

Knows nothing of courses and nothing of pages. *Transaction*: the one place that commits. *Sealed*: a value that
only its person's key opens. *Refusal*: a rule said no. *Permission*: a named right.
"""

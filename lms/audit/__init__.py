"""What was done, what is stored about people, and until when.

*Act*: a kind of deed with the fields it records. *Entry*: one deed, by number, never with names, answers or addresses.
*Data dictionary*: for each column about a person its level, purpose and *retention* rule.
Chaining and signing of entries comes with the chain; this package only writes them.
"""

"""Pages composed from several packages, and what an operator does with the whole: the demo, the check-up.

*Today*: the one next step. *Welcome*, privacy notice and accessibility statement are for everybody.
"""

"""Reading and progress: what a participant sees of a course and how far she is.

*Outline*: the modules of a cohort with their lessons, states and dates, for one person. *Progress*: one idempotent row
per enrolment and lesson. *Next step*: the one lesson to go on with. Questions belong to `assessments`.
"""

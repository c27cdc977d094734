"""One year of a programme: who takes part and when things open.

*Cohort*: one edition, following one published version. *Calendar*: when each node of that version opens in this cohort.
*Enrolment*: one person's place in one cohort, under an *alias* of her own. Calls, nominations and selection come here
later; what is taught belongs to `courses`, what she has done to `modules`.
"""

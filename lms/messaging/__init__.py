"""What is to be done later and outside: rows in one table, claimed by one worker loop (docs/decisions/0010).

*Job*: a row that names a kind of work and carries ids only. *Handler*: the function that does one kind, registered in
`lms/app.py`; it may run twice and must do the same thing once. *Message*: a job that writes to a person, by template.
"""

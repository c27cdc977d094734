"""People and how they get in.

*Person*: somebody the product knows, by a random public id and an internal number. *Shown name*: what the site and
others call her; the *legal name* is sealed and only `vault` opens it. *Session*: one signed-in browser, a row that can
be ended. *Invitation*: a one-use code with which she chooses her own login and passphrase. *Role*: a right to act for
a cohort or an organisation between two moments.

It does not decide who takes part in what: that is `cohorts`.
"""

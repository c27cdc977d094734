"""Fault programs: the product is run for real, something is broken on purpose, and what it told people is compared
with what it holds. One module per test of docs/reliability.md; `make reliability` runs them all.

Promise under test: if the page said "saved", it is saved, whatever dies next; if it did not, the page keeps it and
tries again.
"""

"""Packs: programmes as folders of plain files (docs/content-packs.md): check, publish, export, compare.

*Pack*: the files as they are. *Course*: what was read from them. *Fault*: something wrong, at a file and a
line. *Passage*: a block of a lesson with an id that is the same in every language. *Figure*: a drawing, and
its words in each language.

Holds no tables: what is published belongs to `lms.courses`.
"""

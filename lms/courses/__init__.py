"""What a programme teaches, by version and language.

*Programme*: what is taught year after year. *Version*: one published state of it, numbered, never changed.
*Module* and *lesson*: its parts, named by node ids that outlive every version. *Text*: a lesson in one
language, as the HTML that is shown. *Source file*: the pack it was made from, byte for byte.

Reads no packs and renders nothing (`lms.content` does), and knows no cohort, no person and no progress.
"""

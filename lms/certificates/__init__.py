"""What is signed and printed when a course was completed: facts, code, signature, document.

*Facts*: what the signature covers, as far as the holder chose. *Code*: 26 characters that name one certificate.
*Token*: facts and signature as one line of text, which the square code and the link carry. *Document*: the page that is
printed, in one language. *Keys*: the private ones that sign, the public ones that anybody may check with.

It does not decide who has completed a course, and it opens no sealed name: whoever issues hands both in.
"""

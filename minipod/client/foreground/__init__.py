"""`minipod up`: pods made from files, and followed until they, or their user, are done.

`runs` and `course` decide, `labels` dresses lines; `making`, `streams`, `output`, `signals` act,
and `follower` is the one loop.
"""

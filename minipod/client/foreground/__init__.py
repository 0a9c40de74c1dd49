"""`minipod up`: pods made from files, and followed until they, or their user, are done.

`runs`, `course`, `place`, `readiness`, `outcome` and `labels` decide; `making`, `undoing`,
`streams`, `output` and `signals` act; `follower` is the one loop.
"""

"""The watcher: a process for each root that sees binds in its pods fail, and succeed.

`watcher.py` runs by path with `python3 -I -S` and sees the standard library, minipod.syscalls and
two modules of the sandbox (loop, messages) only. `protocol.py` is what others may import,
`remote.py` the asyncio end that the engine uses.
"""

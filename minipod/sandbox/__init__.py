"""The zygote and the pod's own process.

`zygote.py` runs by path with `python3 -I -S` and sees the standard library and minipod.syscalls
only. `protocol.py` is what others may import, `remote.py` the asyncio end that the engine uses.
"""

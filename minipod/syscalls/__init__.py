"""Tiny wrappers of system calls that raise OSError with the path. The only home of ctypes.

A leaf: it imports the standard library only, and little of it, for the zygote pays for each
import with memory. What Python wraps itself (os.pidfd_open, signal.pidfd_send_signal) is not here.
"""

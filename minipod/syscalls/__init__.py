"""Tiny wrappers of system calls that raise OSError with the path. The only home of ctypes."""

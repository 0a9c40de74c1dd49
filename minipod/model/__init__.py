"""Frozen values, shared by all rooms. No I/O, no clock, no kernel."""

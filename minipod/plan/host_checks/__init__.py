"""Judges what was seen of the machine: facts in, findings out; a module for each family.

A fix is a command line that a person can copy, and that makes the finding go.
"""

"""What objects are made of: the types and their fields, and what minipod does with each.

Pure, with the standard library only.
"""

"""What objects are made of, what minipod does with each field, and what it is for.

`structure` has the types, `policy` what is done with their fields, `documentation` the words, and
what is done with a field at its place. Pure, with the standard library only.
"""

"""Looks at the machine, and changes nothing: a plain function for each family of facts."""

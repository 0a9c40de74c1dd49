"""Objects, their revisions, and the records of what minipod owns on the host."""

"""What a command line is about: objects, containers, pairs of words."""

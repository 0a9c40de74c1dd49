"""The command line: the group, one small file a command, output formats. No logic."""

"""What the tests share: the namespace that plays the host, the command, and waiting."""

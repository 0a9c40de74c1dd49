"""One small file a command. Each is named like its command."""

"""What TAB does: the shells' side, and the words that are offered."""

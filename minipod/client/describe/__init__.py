"""Objects in words, as `kubectl describe` and `kubectl events` lay them out: pure.

The layout is that of kubectl 1.32 (pkg/describe, pkg/cmd/events), to the character.
"""

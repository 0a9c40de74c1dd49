"""Objects in words, as `kubectl describe` and `kubectl events` lay them out: pure.

The layout is that of kubectl 1.32 (pkg/describe, pkg/cmd/events), to the character.
"""

from minipod.client.describe.clock import Clock
from minipod.client.describe.pod import describe_pod

__all__ = ["Clock", "describe_pod"]

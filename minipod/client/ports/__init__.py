"""Ports of pods from here: forwarded, tried, and how they changed."""

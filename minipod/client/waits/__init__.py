"""Waiting for objects: for conditions, ends and deletions."""

"""Bytes to and from containers, by a pod's sandbox: exec, attach, copying."""

"""The spelling of words, numbers and durations, as Go and Kubernetes have it. Pure."""

"""The port space of pods: who holds what. Pure decisions, no kernel."""

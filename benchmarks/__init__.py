"""Ours and the peers', side by side, in one run: see `benchmarks/run --help`."""

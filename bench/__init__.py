"""Benchmarks: `make bench` runs them all on an office of their own and writes docs/benchmarks.md."""

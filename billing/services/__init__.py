"""What billing writes, a module a noun: the rate book, runs, bills."""

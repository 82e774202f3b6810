"""Set-up and checks that run around the project, not in it."""

"""Cities written in bulk: one from a use history, one made up for demos; rows by COPY, guards and triggers on."""

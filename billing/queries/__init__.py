"""What billing reads, for its own pages and for the floors above."""

"""Backlog and deliveries: what is open and since when, how well lines came, down to one line and its shipments."""

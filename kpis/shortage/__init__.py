"""Supply that is short: who gets how much of it, by one stated rule."""

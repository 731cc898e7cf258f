"""Feeds: which files are expected by when and with what in them, what came, and what waits while something is missing.

`due` is the arithmetic of expected arrivals, `late` asks which weeks nobody reported, `told` what files told of each
week, `judge` holds the rules, and `standing` puts them together: every fault of every feed at a moment.
"""

"""Feeds: which files are expected by when and with what in them, what came, and what waits while something is missing.

`due` is the arithmetic of expected arrivals, `late` asks which weeks nobody reported, `told` what files told of each
week, `judge` holds the rules, and `known` puts them together. From it `standing` tells every fault of every feed at a
moment, and `weeks` what became of each week of a feed.
"""

"""The import engine: a delimited file and a mapping in, checked columns out, facts merged.

Read in this order: kinds (what can be imported), mapping (how a file says it), reader (file to columns of text), check
(text to typed columns and a list of every fault), load and merge (typed columns to stored rows), services (one batch).
"""

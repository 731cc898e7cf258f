"""The import engine: a file and a mapping in, checked columns out, facts merged.

Read in this order: kinds (what can be imported), mapping (how a file says it), reader (file to columns of text), check
(text to typed columns and a list of every fault), load and merge (typed columns to stored rows), services (one batch).

What is no text is made one first, by a process of its own: workbook starts it, unfolding is it, and sheet (workbooks),
edi with envelopes and layouts (EDIFACT, X12), amazon (JSON) are what it does.
"""

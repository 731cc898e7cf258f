"""Stock-outs: found in the facts, explained by a tree of questions, answered by a letter.

`gaps` finds them, `evidence` gathers what was ordered and delivered, `tree` decides, `night` keeps the episodes;
`letters` writes about them.
"""

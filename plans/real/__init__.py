"""Real input, end to end: files through `import_file`, dates through `nightly`, expected beside got.

Each set has a module with `check(folder)`, a generator of cases. Expected figures are those of the data's README,
or come from `plain` and `plain_terms`, which share no code with the rest of the house.
"""

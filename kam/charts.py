"""Numbers that charts draw (static/js/charts.js): floats, and None where a line breaks."""


def drawn(values, places=2, unit=1):
    """The values of a series in steps of `unit`, rounded to so many places; what is not known stays None."""
    return [None if value is None else round(float(value) / unit, places) for value in values]

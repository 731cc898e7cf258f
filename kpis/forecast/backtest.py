"""Which method each series gets: all of them forecast weeks that are known by now, from several points in the past."""

from dataclasses import dataclass

import numpy as np

from kpis.forecast.methods import METHODS, by_every_method, mean_known

ORIGINS = 6
EVERY = 4
AHEAD = 8
LEAST_WEEKS = 8
LEAST_FOR_TEST = 16
ASLEEP_WEEKS = 26
COVERED = 0.8
SIMPLER_BY = 0.98
OWN_WEIGHT = 0.25

TOO_SHORT, ASLEEP, NOTHING = "too_short", "asleep", "nothing_known"


@dataclass(frozen=True)
class Outlook:
    """What came out for a table of series: a row for each series.

    `method` names the chosen one, or "" where none may be: then `refusal` says why and the figures are NaN. `error`
    and `naive_error` are WAPE of the chosen method and of the seasonal naive over the weeks of the back-test, NaN where
    there were none; `tested` counts those weeks.
    """

    method: list
    refusal: list
    figures: np.ndarray
    low: np.ndarray
    high: np.ndarray
    naive: np.ndarray
    error: np.ndarray
    naive_error: np.ndarray
    tested: np.ndarray


def refusals(table):
    """Why each series cannot be forecast, "" where it can."""
    known = ~np.isnan(table)
    count = known.sum(axis=1)
    asleep = np.nansum(table[:, -ASLEEP_WEEKS:], axis=1) <= 0
    return [
        NOTHING if not n else TOO_SHORT if n < LEAST_WEEKS else ASLEEP if idle else ""
        for n, idle in zip(count, asleep, strict=True)
    ]


def look_ahead(table, horizon):
    """Forecast every series `horizon` weeks ahead, by the method that would have done best; returns an Outlook."""
    refused = refusals(table)
    errors, actuals = _past_errors(table)
    chosen = _choose(_with_the_others(_scores(errors)), table)
    said = np.stack(list(by_every_method(table, horizon).values()))
    rows = np.arange(len(table))
    figures = _told(said, chosen, rows)
    half = _half_width(errors[chosen, rows], actuals, figures, horizon)
    free = np.array([not reason for reason in refused])[:, None]
    figures = np.where(free, figures, np.nan)
    return Outlook(
        method=["" if reason else METHODS[n] for n, reason in zip(chosen, refused, strict=True)],
        refusal=refused,
        figures=figures,
        low=np.maximum(figures - half, 0),
        high=figures + half,
        naive=np.where(free, said[0], np.nan),
        error=_wape(errors[chosen, rows], actuals),
        naive_error=_wape(errors[0], actuals),
        tested=(~np.isnan(errors[chosen, rows])).sum(axis=(1, 2)),
    )


def _told(said, chosen, rows):
    """What the chosen method says; where it knows nothing of a week, what the level says."""
    level = said[METHODS.index("level")]
    figures = said[chosen, rows]
    return np.maximum(np.where(np.isnan(figures), level, figures), 0)


def _past_errors(table):
    """Errors (forecast less actual) by method, series, origin and week ahead; and the actuals they are of."""
    shape = len(METHODS), len(table), ORIGINS, AHEAD
    errors, actuals = np.full(shape, np.nan), np.full(shape[1:], np.nan)
    for n in range(ORIGINS):
        origin = table.shape[1] - EVERY * (n + 1)
        if origin < LEAST_FOR_TEST - EVERY:
            break
        ahead = min(AHEAD, table.shape[1] - origin)
        actuals[:, n, :ahead] = table[:, origin : origin + ahead]
        said = np.stack(list(by_every_method(table[:, :origin], ahead).values()))
        errors[:, :, n, :ahead] = said - actuals[:, n, :ahead]
    return errors, actuals


def _scores(errors):
    """How wrong each method was: week by week, and in the sum of the weeks that are ordered together.

    By weeks alone a product that sells now and then is best forecast with nothing at all. NaN where a method could not
    say anything about weeks that another one could.
    """
    known = ~np.isnan(errors)
    weekly = np.where(known, np.abs(errors), 0).sum(axis=(2, 3))
    summed = np.abs(np.where(known, errors, 0).sum(axis=3)).sum(axis=2)
    count = known.sum(axis=(2, 3))
    return np.where((count > 0) & (count == count.max(axis=0)), weekly + summed, np.nan)


def _with_the_others(scores):
    """Scores in relation to the usual one; those of all series count for three quarters: six origins are few."""
    usual = mean_known(scores.T)
    own = np.divide(scores, usual, out=np.full(scores.shape, np.nan), where=usual > 0)
    return OWN_WEIGHT * own + (1 - OWN_WEIGHT) * mean_known(own)[:, None]


def _choose(scores, table):
    """The position of the best method for each series; without a back-test what is simple and known."""
    fallback = np.where(_share_sold(table) < 0.5, METHODS.index("intermittent"), METHODS.index("level"))
    tried = ~np.isnan(scores).all(axis=0)
    ranked = np.where(np.isnan(scores), np.inf, scores)
    # A method further down has to be clearly better than one before it.
    best = np.zeros(len(table), dtype=int)
    least = ranked[0].copy()
    for n in range(1, len(METHODS)):
        better = ranked[n] < least * SIMPLER_BY
        best, least = np.where(better, n, best), np.where(better, ranked[n], least)
    return np.where(tried & np.isfinite(least), best, fallback)


def _share_sold(table):
    known = (~np.isnan(table)).sum(axis=1)
    return (np.nan_to_num(table) > 0).sum(axis=1) / np.maximum(known, 1)


def _wape(errors, actuals):
    known = ~np.isnan(errors)
    wrong = np.where(known, np.abs(errors), 0).sum(axis=(1, 2))
    sold = np.where(known, actuals, 0).sum(axis=(1, 2))
    return np.divide(wrong, sold, out=np.full(len(sold), np.nan), where=sold > 0)


def _half_width(errors, actuals, figures, horizon):
    """Half of the interval that holds four of five weeks: the errors of the back-test, growing with the distance.

    An error is seen in relation to the root of its forecast, as in counts, so that weeks of a high season get a wider
    interval. A series without enough errors of its own gets at least the width of the others.
    """
    growth = _growth(errors, horizon)
    size = np.abs(errors) / (_root(errors + actuals) * growth[:AHEAD])
    flat = np.sort(size.reshape(len(size), -1), axis=1)
    count = (~np.isnan(flat)).sum(axis=1)
    place = np.minimum(np.ceil(COVERED * (count + 1)).astype(int), count) - 1
    own = np.where(count > 0, flat[np.arange(len(flat)), np.maximum(place, 0)], np.nan)
    trusted = count >= AHEAD
    usual = np.median(own[trusted]) if trusted.any() else 1.0
    return np.where(trusted, own, np.fmax(own, usual))[:, None] * _root(figures) * growth[:horizon]


def _root(figures):
    """The root of a figure, as if a unit more: what sells nothing still has an interval."""
    return np.sqrt(np.maximum(figures, 0) + 1)


def _growth(errors, horizon):
    """How errors grow with the weeks ahead, over all series; 1 for the first week, never falling."""
    size = np.abs(errors)
    scale = mean_known(size.reshape(len(size), -1))[:, None, None]
    share = np.divide(size, scale, out=np.full(size.shape, np.nan), where=scale > 0)
    total, count = np.nansum(share, axis=(0, 1)), (~np.isnan(share)).sum(axis=(0, 1))
    means = np.divide(total, count, out=np.ones(AHEAD), where=count >= 20)
    steps = np.arange(AHEAD)
    slope = max(np.polyfit(steps, means, 1)[0] / max(means[0], 0.1), 0) if count.all() else 0.02
    return 1 + min(slope, 0.15) * np.arange(max(horizon, AHEAD))

"""Methods that look ahead: arithmetic on many series at once, no database and no clock.

A table of series is an array of floats, a row for each series and a column for each week, NaN where a week is not
known. Every method takes such a table and a horizon, and returns a row of figures for each series, NaN where it cannot
say anything.
"""

import numpy as np

YEAR = 52
ALPHAS = np.array([0.05, 0.1, 0.2, 0.3, 0.45, 0.6])
TREND_ALPHAS = np.array([0.1, 0.1, 0.25, 0.25, 0.45])
TREND_BETAS = np.array([0.02, 0.1, 0.05, 0.15, 0.1])
DAMPING = 0.9
GAP_SHARE = 0.1
LEAST_INDEX, MOST_INDEX = 0.1, 8.0
RECENT = 13
SETTLING = 4


def seasonal_naive(table, horizon):
    """The same ISO week a year before; the sceptic's forecast."""
    there = table.shape[1] - YEAR
    if there < 0:
        return np.full((len(table), horizon), np.nan)
    return table[:, [there + step % YEAR for step in range(horizon)]]


def last_year_scaled(table, horizon):
    """Last year's weeks, times how the weeks until now compare with the same weeks of last year."""
    if table.shape[1] < YEAR + RECENT:
        return np.full((len(table), horizon), np.nan)
    now, then = table[:, -RECENT:], table[:, -RECENT - YEAR : -YEAR]
    both = ~np.isnan(now) & ~np.isnan(then)
    now, then = (np.where(both, part, 0).sum(axis=1) for part in (now, then))
    # Bounded before the division: next to nothing last year makes no growth without end.
    growth = np.divide(np.clip(now, then / 3, then * 3), then, out=np.full(len(table), np.nan), where=then > 0)
    return seasonal_naive(table, horizon) * growth[:, None]


def damped_trend(table, horizon):
    """Exponential smoothing with a damped trend, ETS(A,Ad,N)."""
    at, slope = _fitted(table, TREND_ALPHAS, TREND_BETAS)
    steps = np.cumsum(DAMPING ** np.arange(1, horizon + 1))
    return np.maximum(at[:, None] + slope[:, None] * steps, 0)


def _fitted(table, alphas, betas):
    """Level and slope at the end of each series, with the constants whose one-step errors were least."""
    known = ~np.isnan(table)
    shape = len(alphas), len(table)
    at = np.broadcast_to(_start(table), shape).copy()
    slope, errors = np.zeros(shape), np.zeros(shape)
    for week in range(table.shape[1]):
        seen, expected = known[:, week], at + DAMPING * slope
        error = np.where(seen, np.nan_to_num(table[:, week]) - expected, 0.0)
        if week >= SETTLING:
            errors += error**2
        at = expected + alphas[:, None] * error
        slope = DAMPING * slope + (alphas * betas)[:, None] * error
    best, all_series = errors.argmin(axis=0), np.arange(len(table))
    return at[best, all_series], slope[best, all_series]


def _start(table):
    """The mean of the first known weeks."""
    first = np.cumsum(~np.isnan(table), axis=1) <= 2 * SETTLING
    return mean_known(np.where(first, table, np.nan))


def mean_known(table, axis=1):
    """The mean of what is known; NaN where nothing is."""
    known = ~np.isnan(table)
    count = known.sum(axis=axis)
    total = np.where(known, table, 0).sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def intermittent(table, horizon, alpha=0.1):
    """Croston's method as corrected by Syntetos and Boylan: the size of a sale over the weeks between two of them."""
    sold = np.where(np.nan_to_num(table) > 0, table, np.nan)
    size = mean_known(sold[:, : 2 * YEAR])
    count = np.maximum((~np.isnan(sold)).sum(axis=1), 1)
    gap = (~np.isnan(table)).sum(axis=1) / count
    since = np.ones(len(table))
    for week in range(table.shape[1]):
        now, known = table[:, week], ~np.isnan(table[:, week])
        sells = known & (np.nan_to_num(now) > 0)
        size = np.where(sells, size + alpha * (np.nan_to_num(now) - size), size)
        gap = np.where(sells, gap + alpha * (since - gap), gap)
        since = np.where(sells, 1, since + known)
    rate = (1 - alpha / 2) * size / np.maximum(gap, 1)
    return np.repeat(rate[:, None], horizon, axis=1)


def levels_and_seasons(table, horizon):
    """Three methods that smooth a level, ETS(A,N,N), fitted together: alone, under a season of its own, and under the
    season that all series show together, for those too small to show one. A list of three tables."""
    own, shared = profile(table), np.repeat(_pooled(table), len(table), axis=0)
    weeks = np.arange(table.shape[1]) - table.shape[1]
    # Position 0 of a profile is the week after the last known one.
    flat = np.concatenate([table, *(table / index[:, weeks % YEAR] for index in (own, shared))])
    at = _fitted(flat, ALPHAS, np.zeros_like(ALPHAS))[0].reshape(3, len(table), 1)
    ahead = [index[:, np.arange(horizon) % YEAR] for index in (own, shared)]
    return [np.repeat(at[0], horizon, axis=1), at[1] * ahead[0], at[2] * ahead[1]]


def _pooled(table):
    """The season of all series in one, each counted as it is sold."""
    return profile(np.where(np.isnan(table).all(axis=0), np.nan, np.nansum(table, axis=0))[None, :])


def profile(table):
    """How each of the 52 weeks to come compares with the year around it: 1 as usual; NaN with less than a year.

    Whole years are counted back from the end, so that each has every season once; between their middles the level is
    taken as a straight line. What is left over of an older year counts too, once its own level is known.
    """
    years, rest = divmod(table.shape[1], YEAR)
    if not years:
        return np.full((len(table), YEAR), np.nan)
    blocks = table[:, rest:].reshape(len(table), years, YEAR)
    index = _smooth(_indices(blocks / _levels(blocks)))
    if rest:
        older = table[:, :rest]
        own = mean_known(older / index[:, -rest:])[:, None]
        ratios = np.full((len(table), 1, YEAR), np.nan)
        ratios[:, 0, -rest:] = np.where(own > 0, older / np.where(own > 0, own, 1), np.nan)
        index = _smooth(_indices(np.concatenate([ratios, blocks / _levels(blocks)], axis=1)))
    return index


def _levels(blocks):
    """The level of each week of whole years, never 0."""
    means = mean_known(blocks, axis=2)
    means = np.where(means > 0, means, np.nan)
    years = means.shape[1]
    if years == 1:
        return np.broadcast_to(means[:, :, None], blocks.shape)
    middles = np.arange(years) * YEAR + (YEAR - 1) / 2
    at = np.clip(np.arange(years * YEAR), middles[0], middles[-1])
    left = np.minimum(((at - middles[0]) // YEAR).astype(int), years - 2)
    share = (at - middles[left]) / YEAR
    return (means[:, left] * (1 - share) + means[:, left + 1] * share).reshape(blocks.shape)


def _indices(ratios):
    """The mean ratio of each week of the year, 1 where nothing is known."""
    found = mean_known(ratios, axis=1)
    found = np.where(np.isnan(found), 1.0, found)
    return np.clip(found / found.mean(axis=1, keepdims=True), LEAST_INDEX, MOST_INDEX)


def _smooth(index):
    """Neighbouring weeks count too: one year's chance is not a season."""
    return (
        0.5 * index
        + 0.2 * (np.roll(index, 1, axis=1) + np.roll(index, -1, axis=1))
        + 0.05 * (np.roll(index, 2, axis=1) + np.roll(index, -2, axis=1))
    )


def by_every_method(table, horizon):
    """What each method says, by its name, from the simplest on."""
    level, season, shared = levels_and_seasons(table, horizon)
    scaled = last_year_scaled(table, horizon)
    return {
        "seasonal_naive": seasonal_naive(table, horizon),
        "level": level,
        "intermittent": intermittent(table, horizon),
        "last_year_scaled": scaled,
        "shared_season": shared,
        "season": season,
        "damped_trend": damped_trend(table, horizon),
        "blend": mean_known(np.stack([level, shared, scaled]), axis=0),
    }


METHODS = tuple(by_every_method(np.ones((1, 1)), 1))

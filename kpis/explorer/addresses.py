"""Where the rows of the explorer lead: to a narrower view, to all siblings, to the facts."""

from urllib.parse import urlencode

from django.urls import reverse

from kpis.explorer.asked import ACCOUNT, CATEGORY, LEVELS, NO_CATEGORY, PRODUCT, STORE


def address(kept):
    """The view that these parameters say: a dict of lists."""
    return f"?{urlencode([(name, value) for name, values in kept.items() for value in values])}"


def _narrowed(asked, keys, levels):
    """The parameters that narrow a view to a path of keys."""
    return {level: [str(key)] for level, key in zip(levels, keys, strict=False) if key != NO_CATEGORY}


def _below(kept, changes):
    """The address of a view that is narrowed further: what was opened or typed in the wider one is forgotten."""
    gone = ("open", "account_named", "tier", "country") if "account" in changes else ("open",)
    return address({name: values for name, values in kept.items() if name not in gone} | changes)


def drill_url(asked, row, kept):
    """Where a row's name leads: to the rows below it, from a store to the facts; empty where there is nothing."""
    levels, keys = asked.levels(row.depth), row.place.keys
    if row.level == STORE:
        return f"{facts_url(asked, row)}&week={asked.last}"
    if keys[-1] == NO_CATEGORY:
        return ""
    at = LEVELS.index(row.level) + 1
    following = next((level for level in LEVELS[at:] if level == STORE or not getattr(asked, level)), STORE)
    if row.level == CATEGORY and asked.account is None and row.depth == 0:
        following = ACCOUNT
    return _below(kept, _narrowed(asked, keys, levels) | {"by": [following]})


def all_url(asked, row, kept):
    """The view that has a row and all its siblings."""
    levels, keys = asked.levels(row.depth), row.place.keys
    return _below(kept, _narrowed(asked, keys[:-1], levels) | {"by": [row.level]})


def facts_url(asked, row):
    """The imported lines behind a row of a product or store, without the week."""
    named = dict(zip(asked.levels(row.depth), row.place.keys, strict=True))
    account = named.pop(ACCOUNT, None) or asked.account.pk
    named.setdefault(PRODUCT, asked.product and asked.product.pk)
    query = urlencode({name: named[name] for name in (PRODUCT, STORE) if named.get(name)})
    return f"{reverse('kpis:facts', args=[account, 'sell_through_units'])}?{query}"

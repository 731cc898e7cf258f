"""Who may do what, spelled out: the table the access tests hold the code against.

Written by hand, never derived from the code under test. A route or noun missing here fails the tests.
"""

from kam.roles import Role

AM, TL, DIR, AN, FIN, FN, FLD, AUD, ADM, API = Role

EVERYBODY = frozenset(Role)
GENERAL = {AM, TL, DIR, AN, FIN, FLD, AUD, API}
RELATIONSHIP = TERMS_AND_ALL = {AM, TL, DIR, AUD, API}
KPI = {AM, TL, DIR, AN, AUD, API}
FINANCE = TERMS = {AM, TL, DIR, FIN, AUD, API}
NIGHT = {AM, TL, DIR, AN, AUD, ADM}
CATALOGUE = EVERYBODY - {FN}

# Which roles see a row of their own scope, by noun.
SEES = {
    "account": GENERAL,
    "store": GENERAL,
    "membership": GENERAL,
    "alert": GENERAL,
    "contact": RELATIONSHIP,
    "feed": GENERAL,
    "importbatch": GENERAL,
    "importerror": GENERAL,
    "sellthrough": KPI,
    "orderline": KPI,
    "invoiceline": KPI,
    "accountweek": KPI,
    "productweek": KPI,
    "measurevalue": KPI,
    "target": KPI,
    "openitem": FINANCE,
    "agreement": TERMS,
    "term": TERMS,
    "finding": TERMS,
    "plan": RELATIONSHIP,
    "goal": RELATIONSHIP,
    "initiative": RELATIONSHIP,
    "planmeasure": RELATIONSHIP,
    "signature": RELATIONSHIP,
    "steprun": NIGHT,
    "entry": {AUD},
    "product": CATALOGUE,
    "category": CATALOGUE,
    "user": EVERYBODY,
    "team": {AM, TL, DIR, AN, FIN, API, AUD, ADM} - {AM},
}

# Nouns that do not hang off one account: there is no foreign twin.
SHARED = {"steprun", "entry", "product", "category", "user", "team"}

ASSIGNERS = {TL, DIR, API}
KEEPERS = {AM, *ASSIGNERS}

# Who may write over the API, by noun and action; what is missing here answers 405.
WRITES = {
    "account": {"create": ASSIGNERS, "change": KEEPERS},
    "store": {"create": KEEPERS, "change": KEEPERS},
    "contact": {"create": KEEPERS, "change": KEEPERS},
    "membership": {"create": ASSIGNERS, "remove": ASSIGNERS},
}

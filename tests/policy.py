"""Who may do what, spelled out: the table the access tests hold the code against.

Written by hand, never derived from the code under test. A route or noun missing here fails the tests.
"""

from datetime import date

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
    "change": GENERAL,
    "contact": RELATIONSHIP,
    "feed": GENERAL,
    "acceptedweek": GENERAL,
    "importbatch": KPI,
    "columnmapping": GENERAL,
    "importerror": KPI,
    "sellthrough": KPI,
    "orderline": KPI,
    "invoiceline": KPI,
    "accountweek": KPI,
    "productweek": KPI,
    "categoryweek": KPI,
    "measurevalue": KPI,
    "target": KPI,
    "openitem": FINANCE,
    "stocklevel": KPI,
    "shipment": KPI,
    "servicefact": KPI,
    "priceobservation": KPI,
    "accountforecast": KPI,
    "accountmargin": KPI,
    "forecastweek": KPI,
    "forecastseries": KPI,
    "forecastversion": KPI,
    "forecastscore": KPI,
    "forecastevent": KPI,
    "forecastoverride": KPI,
    "forecastnotice": KPI,
    "supplycap": KPI,
    "supplycommitment": KPI,
    "supplyshare": KPI,
    "replenishment": KPI,
    "stockout": KPI,
    "stockoutletter": KPI,
    "exchangerate": EVERYBODY,
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

# Who looks at the people of the own team, at what belongs to them, and who also at everybody else.
LOOKERS, ALL_PEOPLE = {TL, DIR, AUD, ADM}, {AUD, ADM}
SEES |= {"person": LOOKERS, "client": LOOKERS, "token": LOOKERS, "deputy": LOOKERS, "teammembership": SEES["team"]}

# What belongs to one person; in the world of the tests that is the account manager.
PERSONS = {"webhook", "delivery", "notification"}
SEES |= dict.fromkeys(PERSONS, {AM})

# Nouns that do not hang off one account: there is no foreign twin.
SHARED = PERSONS | {
    "steprun",
    "entry",
    "product",
    "category",
    "exchangerate",
    "supplycap",
    "user",
    "team",
    "teammembership",
    "deputy",
}

# Nouns of pages that the whole house shares: nobody's row is foreign.
COMMON = {"product", "category", "supplycap"}

# Nouns of which everybody has their own only: tests/kam/test_api_own.py asks for them as somebody else.
OWN = {"savedview", "removal"}

ASSIGNERS = {TL, DIR, API}
KEEPERS = {AM, *ASSIGNERS}

FORECASTERS = {*KEEPERS, AN}
SUPPLY_KEEPERS = {DIR, AN, API}
CATALOGUE_KEEPERS = {TL, DIR, AN, ADM, API}
IMPORTERS = {AM, TL, DIR, AN, ADM, API}

PLAN_ROWS = {"create": {AM, TL, DIR, API}, "change": {AM, TL, API}, "remove": {AM, TL, API}}

NEGOTIATORS = {AM, TL, DIR}
TERM_ROWS = dict.fromkeys(("create", "change", "remove"), NEGOTIATORS)

# Who may write over the API, by noun and action; what is missing here answers 405.
WRITES = {
    "account": {"create": ASSIGNERS, "change": KEEPERS},
    "store": {"create": KEEPERS, "change": KEEPERS},
    "contact": dict.fromkeys(("create", "change", "remove"), KEEPERS),
    "membership": {"create": ASSIGNERS, "remove": ASSIGNERS},
    "user": {"create": {ADM}, "change": {ADM}},
    "team": {"create": {ADM}, "change": {ADM}, "remove": {ADM}},
    "teammembership": {"create": {ADM}, "remove": {ADM}},
    "deputy": {"create": {AM, TL, DIR, AN, FIN, FLD, ADM}, "change": {TL, DIR, ADM}, "remove": {TL, DIR, ADM}},
    "importbatch": {"create": IMPORTERS},
    "target": {"create": KEEPERS, "change": KEEPERS, "remove": KEEPERS},
    "plan": {"create": {AM, TL, DIR, API}, "change": {AM, TL, API}},
    "product": {"create": CATALOGUE_KEEPERS, "change": CATALOGUE_KEEPERS},
    "category": dict.fromkeys(("create", "change", "remove"), CATALOGUE_KEEPERS),
    "feed": dict.fromkeys(("create", "change", "remove"), IMPORTERS),
    "columnmapping": dict.fromkeys(("create", "change", "remove"), IMPORTERS),
    "forecastevent": dict.fromkeys(("create", "change", "remove"), FORECASTERS),
    "forecastoverride": dict.fromkeys(("create", "change", "remove"), FORECASTERS),
    "supplycap": dict.fromkeys(("create", "change", "remove"), SUPPLY_KEEPERS),
    "supplycommitment": dict.fromkeys(("create", "change", "remove"), SUPPLY_KEEPERS),
    "agreement": TERM_ROWS,
    "term": TERM_ROWS,
    "goal": PLAN_ROWS,
    "initiative": PLAN_ROWS,
    "planmeasure": PLAN_ROWS,
    "webhook": {"create": EVERYBODY, "change": {AM}, "remove": {AM}},
}

# Who may do what else to a row over the API, by noun and name of the POST; of moves one stands for all.
ACTS = {
    "alert": {"move/acknowledge": {AM, TL, DIR, AN, FIN, API}},
    "forecastnotice": {"acknowledge": set()},  # of the function it is addressed to: tests/kpis/test_forecast_notices.py
    "stockout": {"move/correct": {AM, TL, DIR, AN, API}},
    "finding": {"move/dispute": {AM, TL, DIR, API}},
    "plan": {"move/submit": {AM, TL, API}, "revise": {AM, TL, DIR, API}},
    "agreement": {"move/publish": {TL, DIR}, "revise": NEGOTIATORS},
    "feed": dict.fromkeys(("accept", "watch"), IMPORTERS),
    "importbatch": dict.fromkeys(("import", "cancel", "undo", "columns", "look", "corrections"), IMPORTERS),
    "user": dict.fromkeys(("deactivate", "reactivate", "invite", "hand-over"), {ADM}),
    "webhook": dict.fromkeys(("rotate", "test"), {AM}),
    "delivery": {"retry": {AM}},
    "notification": dict.fromkeys(("read", "unread"), {AM}),
}


def read(noun, see=None):
    """A page about one row: GET for those who see it."""
    return {"noun": noun, "see": SEES[noun] if see is None else see, "do": None}


def form(noun, do, see=None):
    """A page to create below a row or edit it: GET and POST for `do`; others who see the row are told no."""
    return {"noun": noun, "see": SEES[noun] if see is None else see, "do": do}


def act(noun, do, **kwargs):
    """POST only."""
    return {"noun": noun, "see": SEES[noun], "do": do, "kwargs": kwargs, "post_only": True}


PLANNERS = {AM, TL, API}


def of_people(page):
    """A page about a row of the administration, which more roles than auditors see of other teams too."""
    return page | {"sees_all": ALL_PEOPLE}


# Pages about one row, by route name.
PAGES = {
    "administration:person": of_people(read("person")),
    "administration:person-edit": of_people(form("person", {ADM})),
    "administration:person-act": of_people(act("person", {ADM}, name="deactivate")),
    "administration:hand-over": of_people(form("person", {ADM})),
    "administration:deputy-create": of_people(form("person", {TL, DIR, ADM})),
    "administration:deputy-edit": of_people(form("deputy", {TL, DIR, ADM})),
    "administration:deputy-end": of_people(act("deputy", {TL, DIR, ADM})),
    "administration:token-create": of_people(form("client", {ADM})),
    "administration:token-revoke": of_people(act("token", {ADM})),
    "administration:team": of_people(read("team")),
    "administration:team-edit": of_people(form("team", {ADM})),
    "administration:team-remove": of_people(act("team", {ADM})),
    "administration:team-join": of_people(form("team", {ADM})),
    "administration:team-assign": of_people(form("team", {TL, DIR, API})),
    "administration:team-leave": of_people(act("teammembership", {ADM})),
    "administration:entry": read("entry"),
    "accounts:why": read("account"),
    "accounts:member-create": form("account", ASSIGNERS),
    "accounts:member-remove": act("membership", ASSIGNERS),
    "accounts:detail": read("account"),
    "accounts:whole": read("account"),
    "accounts:timeline": read("account"),
    "accounts:stores": read("account"),
    "accounts:contacts": read("account", RELATIONSHIP),
    "accounts:update": form("account", KEEPERS),
    "accounts:store-create": form("account", KEEPERS),
    "accounts:contact-create": form("account", KEEPERS),
    "accounts:store-update": form("store", KEEPERS),
    "accounts:contact-update": form("contact", KEEPERS),
    "accounts:contact-remove": act("contact", KEEPERS),
    "accounts:alert-move": act("alert", {AM, TL, DIR, AN, FIN, API}, name="acknowledge"),
    "kpis:measure": read("account", KPI) | {"kwargs": {"code": "sell_in"}},
    "kpis:facts": read("account", KPI) | {"kwargs": {"code": "sell_in"}},
    "kpis:order-line": read("orderline"),
    "kpis:product": read("product"),
    "kpis:product-update": form("product", CATALOGUE_KEEPERS),
    "kpis:category-update": form("category", CATALOGUE_KEEPERS),
    "kpis:category-remove": act("category", CATALOGUE_KEEPERS),
    "kpis:target-remove": act("target", KEEPERS),
    "kpis:feed": read("feed"),
    "kpis:account-quality": read("account"),
    "kpis:feed-week-accepted": act("feed", IMPORTERS, week=date(2026, 11, 16)),
    "kpis:feed-week-watched": act("acceptedweek", IMPORTERS),
    "kpis:feed-update": form("feed", IMPORTERS),
    "kpis:feed-remove": act("feed", IMPORTERS),
    "kpis:target": form("account", KEEPERS, KPI) | {"kwargs": {"code": "sell_in", "year": 2026}},
    "kpis:forecast": read("account", KPI),
    "kpis:forecast-edit": form("account", FORECASTERS, KPI),
    "kpis:forecast-product": read("account", KPI) | {"kwargs": {"code": "P-1"}},
    "kpis:event-update": form("forecastevent", FORECASTERS),
    "kpis:event-remove": act("forecastevent", FORECASTERS),
    "kpis:override-remove": act("forecastoverride", FORECASTERS),
    "kpis:forecast-notice": read("forecastnotice"),
    "kpis:forecast-notice-acknowledge": act("forecastnotice", set()),
    "kpis:cap": read("supplycap"),
    "kpis:cap-update": form("supplycap", SUPPLY_KEEPERS),
    "kpis:cap-remove": act("supplycap", SUPPLY_KEEPERS),
    "kpis:commitment-create": form("supplycap", SUPPLY_KEEPERS),
    "kpis:commitment-update": form("supplycommitment", SUPPLY_KEEPERS),
    "kpis:commitment-remove": act("supplycommitment", SUPPLY_KEEPERS),
    "kpis:replenishment": read("replenishment"),
    "kpis:stockout": read("stockout"),
    "kpis:stockout-correct": form("stockout", {AM, TL, DIR, AN, API}),
    "kpis:stockout-move": act("stockout", {AM, TL, DIR, AN, API}, name="restore"),
    "kpis:letter-create": form("stockout", KEEPERS),
    "kpis:letter": read("stockoutletter"),
    "kpis:letter-edit": form("stockoutletter", KEEPERS),
    "kpis:letter-move": act("stockoutletter", KEEPERS, name="send"),
    "kpis:letter-remove": act("stockoutletter", KEEPERS),
    "kpis:letter-docx": read("stockoutletter"),
    "kpis:letter-html": read("stockoutletter"),
    "kpis:import-detail": read("importbatch"),
    "kpis:import-file": read("importbatch"),
    "kpis:import-report": read("rejected", KPI),
    "kpis:import-workbook": read("rejected", KPI),
    "kpis:import-checked": act("importbatch", IMPORTERS),
    "kpis:import-weeks": read("importbatch"),
    "kpis:import-undone": act("importbatch", IMPORTERS),
    "kpis:feed-columns": form("feed", IMPORTERS),
    "kpis:feed-columns-forgotten": act("feed", IMPORTERS),
    "kpis:import-columns": form("unmapped", IMPORTERS, KPI),
    "kpis:import-corrected": act("importbatch", IMPORTERS),
    "kpis:import-look": act("importbatch", IMPORTERS),
    "kpis:import-cancelled": act("importbatch", IMPORTERS),
    "plans:detail": read("plan"),
    "plans:edit": form("plan", PLANNERS),
    "plans:move": act("plan", PLANNERS, name="submit"),
    "plans:revise": act("plan", {*PLANNERS, DIR}),
    "plans:signoff": form("plan", {DIR}) | {"all_read": True},
    "plans:signed": read("signature"),
    "plans:goal-create": form("plan", PLANNERS),
    "plans:goal-edit": form("goal", PLANNERS),
    "plans:goal-remove": act("goal", PLANNERS),
    "plans:initiative-create": form("goal", PLANNERS),
    "plans:initiative-edit": form("initiative", PLANNERS),
    "plans:initiative-remove": act("initiative", PLANNERS),
    "plans:measure-create": form("goal", PLANNERS),
    "plans:measure-edit": form("planmeasure", PLANNERS),
    "plans:measure-remove": act("planmeasure", PLANNERS),
    "tradeterms:detail": read("agreement"),
    "tradeterms:update": form("agreement", NEGOTIATORS),
    "tradeterms:revise": act("agreement", NEGOTIATORS),
    "tradeterms:remove": act("agreement", NEGOTIATORS),
    "tradeterms:move": act("agreement", {TL, DIR}, name="publish"),
    "tradeterms:term-create": form("agreement", NEGOTIATORS) | {"kwargs": {"kind": "payment_term"}},
    "tradeterms:term-update": form("term", NEGOTIATORS),
    "tradeterms:term-remove": act("term", NEGOTIATORS),
    "tradeterms:finding": read("finding"),
    "tradeterms:finding-move": act("finding", {AM, TL, DIR, API}, name="dispute"),
}

# Pages about many rows: who finds their own account named there.
LISTS = {
    "home": set(),
    "search": set(),
    "administration:people": set(),
    "administration:teams": set(),
    "administration:audit": {AUD},
    "accounts:list": GENERAL,
    "accounts:names": GENERAL,
    "accounts:alert-list": GENERAL,
    "plans:list": RELATIONSHIP,
    "kpis:overview": KPI,
    "kpis:explorer": KPI,
    "kpis:deliveries": KPI,
    "kpis:order-line-list": KPI,
    "kpis:feed-list": GENERAL,
    "kpis:quality-list": GENERAL,
    "kpis:feed-names": set(),
    "kpis:target-list": KPI,
    "kpis:forecast-accuracy": KPI,
    "kpis:event-list": KPI,
    "kpis:override-list": KPI,
    "kpis:forecast-notice-list": KPI,
    "kpis:product-names": set(),
    "kpis:cap-list": set(),
    "kpis:replenishment-list": KPI,
    "kpis:supply-cost": set(),
    "kpis:stockout-list": KPI,
    "kpis:letter-list": KPI,
    "kpis:import-list": set(),
    "kpis:product-list": set(),
    "kpis:category-list": set(),
    "tradeterms:list": TERMS,
    "tradeterms:finding-list": TERMS,
}

# Pages without a row of an account: who may open them; everybody else is refused.
OTHERS = {
    "accounts:create": {TL, DIR, API},
    "administration:person-invite": {ADM},
    "administration:team-create": {ADM},
    "administration:ask": {ADM, AUD},
    "plans:create": {*PLANNERS, DIR},
    "tradeterms:create": NEGOTIATORS,
    "kpis:import-new": IMPORTERS,
    "kpis:product-create": CATALOGUE_KEEPERS,
    "kpis:event-create": FORECASTERS,
    "kpis:cap-create": SUPPLY_KEEPERS,
    "kpis:feed-create": IMPORTERS,
    "kpis:category-create": CATALOGUE_KEEPERS,
    "night": NIGHT,
    "night-day": NIGHT,
    "schema": EVERYBODY,
    "docs": EVERYBODY,
    "set_language": EVERYBODY,
    "me": EVERYBODY,
}

# Pages for strangers.
OPEN = {"livez", "readyz", "healthz-jobs"}
# There for whoever holds a secret of the server; for everybody else there is no such page.
SECRET = {"metrics"}
# What surrounds signing in (tests/kam/test_sign_in*.py, tests/attacks/test_sign_in*.py), and what belongs to the person
# alone (tests/kam/test_me*.py, test_lists.py, test_removals.py, tests/accounts/test_notifications.py).
PERSONAL = ("account_", "mfa_", "sso_", "me-", "inbox:", "view-", "undo")

"""The tree in words: each question, what it says when it decides, and what it says when it does not."""

from django.utils.translation import gettext_lazy as _

from accounts.wording import phrase

# question: (what is asked, sentence when it decides, sentence when it does not)
QUESTIONS = {
    "sold": (
        _("Was anything sold?"),
        _("Nothing was sold although stock was reported; %(expected)s units were expected."),
        _("%(sold)s of %(expected)s expected units were sold before the stock was gone."),
    ),
    "placed": (
        _("Was the stock in the right stores?"),
        _("%(on_hand)s units lay at the account, more than a week sells (%(weekly)s); %(empty)s of %(stores)s stores"
          " had none."),
        _("The account had %(on_hand)s units, a week sells %(weekly)s; %(empty)s of %(stores)s stores had none."),
    ),
    "known": (_("Are its orders known?"), "", _("Order lines for its weeks and the four before: %(lines)s.")),
    "ordered": (
        _("Was it ordered?"),
        _("Nothing was ordered for its weeks or the four before; the last order was placed on %(last)s."),
        _("%(ordered)s units were ordered in %(lines)s lines."),
    ),
    "confirmed": (
        _("Did we confirm what was ordered?"),
        _("We rejected or cut %(cut)s of %(ordered)s ordered units; %(lost)s units were lost."),
        _("We rejected or cut %(cut)s of %(ordered)s ordered units."),
    ),
    "full": (
        _("Did we deliver in full?"),
        _("%(short)s units that were due did not come; %(lost)s units were lost."),
        _("%(short)s units that were due did not come."),
    ),
    "punctual": (
        _("Did we deliver on time?"),
        _("%(late)s units came late, %(transit)s of them had left us in time; %(lost)s units were lost."),
        _("%(late)s units came late."),
    ),
    "early": (
        _("Was it ordered in time?"),
        _("Deliveries take %(lead)s days; the first order was placed on %(first)s, too late for the first week."),
        _("%(in_time)s units were ordered in time; deliveries take %(lead)s days."),
    ),
    "steady": (
        _("Did demand stay as it was?"),
        _("The four weeks before brought %(recent)s units, the four before these %(before)s."),
        _("The four weeks before brought %(recent)s units, the four before these %(before)s."),
    ),
    "enough": (
        _("Was enough ordered?"),
        _("Stock of %(opening)s and %(in_time)s ordered units stood against %(wanted)s units of expected sales."),
        _("Stock of %(opening)s and %(in_time)s ordered units covered %(wanted)s units of expected sales."),
    ),
    "shelf": (
        _("Did it reach the shelf?"),
        _("%(ordered)s units were ordered in time and delivered in full and on time; they did not reach the shelf."),
        "",
    ),
}  # fmt: skip
MISSING = {
    "orders_late": _("Cause not known, because order files are late."),
    "no_orders": _("Cause not known, because no orders of the account are known."),
    "undated": _("Cause not known, because the order lines have no requested day."),
}


def steps(path):
    """The path of an episode as (question, sentence, whether it decided), in the reader's language."""
    return [_step(answer) for answer in path if answer["question"] in QUESTIONS]


def _step(answer):
    asked, decided, passed = QUESTIONS[answer["question"]]
    facts = answer["facts"]
    template = MISSING.get(facts.get("missing")) or (decided if answer["decides"] else passed)
    return {"question": asked, "sentence": phrase(template, facts), "decides": answer["decides"]}


def why(path):
    """The sentence of the question that decided, empty for an empty path."""
    return next((step["sentence"] for step in reversed(steps(path)) if step["decides"]), "")


def why_of(row):
    """Why an episode came about: what a person said, else what the night found."""
    return row.reason or why(row.path)

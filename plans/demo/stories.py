"""What makes the story accounts differ from the others; who tells which is said in `plans.demo.accounts`."""

LATE_PAYER = "late_payer"
BEHIND_CURVE = "behind_curve"
NEXT_TIER = "next_tier"
OTIF_MISSED = "otif_missed"
STOCK_OUT = "stock_out"
FEED_MISSING = "feed_missing"
FEED_PARTIAL = "feed_partial"
FEED_SMALL = "feed_small"
PLAN_WAITING = "plan_waiting"
PLAN_RETURNED = "plan_returned"
DRIFTING = "drifting"
HEALTHY = "healthy"
ALL = (
    LATE_PAYER,
    BEHIND_CURVE,
    NEXT_TIER,
    OTIF_MISSED,
    STOCK_OUT,
    FEED_MISSING,
    FEED_PARTIAL,
    FEED_SMALL,
    PLAN_WAITING,
    PLAN_RETURNED,
    DRIFTING,
    HEALTHY,
)

SHORT_OF_TIER = 4850
DAYS_WAITING = 6
LATE_DAYS = 38, 48
LATE_MONTHS = 5
WEEKS_MISSING = 2
LINES_LEFT = 2
WEEKS_NOT_SHIPPED = 5

CURVE_WEEKS = 9
DRIFT_WEEKS = 30
OTIF_WEEKS = 16
# Accounts that we promised on time and in full, and that get it, and accounts that use their days of grace.
RELIABLE = ("DE-110", "DE-240", "UK-110", "CN-210")
EASY_GOING = ("DE-220", "UK-210", "CN-120")


def demand(story, age):
    """What shoppers buy in a week so many weeks back, as a share of what the season would bring."""
    if story == BEHIND_CURVE and age < CURVE_WEEKS:
        return 0.95 - 0.05 * (CURVE_WEEKS - max(age, 0))
    if story == DRIFTING and age < DRIFT_WEEKS:
        return 0.72
    return 1.0


def swing(story):
    """How strongly the seasons move the account: 1 as usual, 0 not at all."""
    return 0.3 if story == HEALTHY else 1.0


def cover(story, age, weeks):
    """For how many weeks the account buys ahead; it bought the season early where sales then fell behind."""
    return weeks * 1.4 if story == BEHIND_CURVE and age < CURVE_WEEKS + 2 else weeks


def withheld(story, is_best_seller, age):
    """Whether we do not ship what the account ordered for that week."""
    return story == STOCK_OUT and is_best_seller and age < WEEKS_NOT_SHIPPED


def rush(story, is_best_seller, age):
    """How much faster shoppers take the last pieces of what is not coming any more."""
    if not withheld(story, is_best_seller, age):
        return 1.0
    return 1.5 if age > 1 else 6.0


def faults(client, age):
    """The chances that one of our order lines comes late, and that it comes short."""
    if client.story == HEALTHY:
        return 0.0, 0.0
    if client.story == OTIF_MISSED and age < OTIF_WEEKS:
        return 0.17, 0.12
    return (0.0 if client.code in RELIABLE else 0.002), 0.012


def days_late(client, months, rng):
    """How many days after the due date an invoice issued so many months back is paid; negative is early."""
    if client.story == LATE_PAYER and months < LATE_MONTHS:
        return rng.randint(*LATE_DAYS)
    if client.story == HEALTHY:
        return -rng.randint(1, 4)
    if client.code in EASY_GOING:
        return rng.randint(-2, 3)
    return rng.choice((-4, -3, -2, -1, -1, 0, 0, 0, 0))


def lost(story, age, store, line):
    """Whether the file of that week lacks a line: that of a store by its position, of so many lines of the store."""
    if age >= WEEKS_MISSING:
        return False
    return story == FEED_PARTIAL and store % 3 == 0 or story == FEED_SMALL and line >= LINES_LEFT


def days_after(tier, week):
    """How many days late the file of a week came; small accounts forget it now and then."""
    return 3 if tier == "C" and week % 9 == 4 else 0


def reported(story, age):
    """Whether the account's sell-through file of that week has arrived."""
    return not (story == FEED_MISSING and age < WEEKS_MISSING)

"""Plans as the parts of the kit want them."""

from plans.models import Plan

STATE_LOOKS = {
    Plan.State.DRAFT: ("open", "pencil"),
    Plan.State.SUBMITTED: ("info", "send"),
    Plan.State.RETURNED: ("warning", "arrow-back-up"),
    Plan.State.SIGNED: ("good", "signature"),
    Plan.State.SUPERSEDED: ("neutral", "history"),
}


def look(plan):
    """(level, icon) of a plan's state, for its pill."""
    return STATE_LOOKS[plan.state]

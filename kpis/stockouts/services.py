"""What people do about stock-outs: correct a cause, write about it."""

from itertools import groupby
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kam import services
from kam.errors import Conflict
from kam.workflow import move
from kpis.models import StockOutLetter
from kpis.stockouts import letters, workflow


def correct_cause(row, *, by, version, cause, reason):
    """Say why a product was really out of stock. Raises Stale, Denied, and Conflict without a cause or a reason."""
    return move(row, workflow.correcting(cause), "correct", by=by, note=reason, version=version)


@transaction.atomic
def create_letters(*, by, episodes, audience):
    """Begin a letter to each account that the stock-outs are of, in its language; notes to ourselves in ours.

    Returns them by the names of the accounts. Raises Conflict when the facts do not show one of them any more.
    """
    of_account = attrgetter("account.sort_name", "account_id")
    found = groupby(sorted(episodes, key=of_account), key=of_account)
    return [_letter_to(by, list(rows), audience) for _account, rows in found]


def _letter_to(by, episodes, audience):
    is_ours = audience == StockOutLetter.Audience.INTERNAL
    language = get_language() if is_ours else letters.language_of(episodes[0].account)
    return create_letter(by=by, episodes=episodes, audience=audience, language=language)


@transaction.atomic
def create_letter(*, by, episodes, audience, language):
    """Begin a letter about stock-outs of one account, with the text that KAM proposes.

    Raises ValidationError, and Conflict when the facts do not show one of them any more.
    """
    episodes = sorted(episodes, key=lambda row: (row.first_week, row.pk))
    if len({row.account_id for row in episodes}) != 1:
        raise ValidationError({"episodes": _("A letter is about stock-outs of one account.")})
    for row in episodes:
        workflow.must_stand(row)
    said = letters.proposal(episodes, audience, language)
    letter = StockOutLetter(account=episodes[0].account, audience=audience, language=language, author=by, **said)
    services.create(letter, by=by)
    letter.episodes.set(episodes)
    return letter


@transaction.atomic
def change_letter(letter, *, by, version, **fields):
    """Change the words of a draft. Raises Conflict when it is sent, Stale, ValidationError."""
    _must_be_draft(letter)
    return services.change(letter, by=by, version=version, fields=fields)


@transaction.atomic
def remove_letter(letter, *, by):
    """Throw a draft away; returns the Removal. Raises Conflict when it is sent."""
    _must_be_draft(letter)
    return services.remove(letter, by=by, undo_if="kpis.access.may_write_letter")


def _must_be_draft(letter):
    """Lock the letter, so that nobody sends it while its words change."""
    state = StockOutLetter.objects.select_for_update().values_list("state", flat=True).get(pk=letter.pk)
    if state != StockOutLetter.State.DRAFT:
        raise Conflict(_("The letter was sent; write a new one."), code="not_draft")

"""Reading an agreement with its terms and findings, and a finding in the drawer beside it."""

from decimal import Decimal

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.timeline import tell
from kam.audit import entries_of
from kam.templatetags import formats
from kam.views.lists import InList
from kam.workflow import moves
from tradeterms import access, kinds, showing
from tradeterms.calc import elapsed
from tradeterms.models import Agreement, Finding, Term
from tradeterms.sentences import HOW
from tradeterms.views.agreement_list import AgreementList
from tradeterms.workflow import AGREEMENT, FINDING

SETTLED_SHOWN = 20
# What `?part=` shows instead of the terms.
PARTS = ("findings", "revisions", "history")


def _base(name, row):
    """The address of a row's moves up to the name of the move."""
    return reverse(name, args=[row.pk, "x"]).removesuffix("x/")


class OnAgreement:
    """Mix-in: everything that a page about one agreement shows."""

    template_name = "tradeterms/detail.html"

    def get_context_data(self, **kwargs):
        agreement, user = self.agreement, self.request.user
        terms = list(agreement.terms.order_by("side", "clause", "pk"))
        findings = self.findings(terms)
        showing.dress_terms(terms, findings)
        sides = [s for s in (self.side(side, terms) for side in Term.Side) if s["terms"]]
        telling = [t.telling for t in terms if t.telling and t.kind == Term.Kind.VOLUME_REBATE]
        gone, total = elapsed(agreement.starts, agreement.ends, timezone.now().date())
        return super().get_context_data(
            agreement=agreement,
            sign=showing.agreement_sign(agreement),
            sides=sides,
            unit=formats.money_unit(agreement.currency),
            day_of=_("day %(day)s of %(total)s") % {"day": gone, "total": total} if gone else "",
            findings=_open_first(findings),
            parts=PARTS,
            counts={"terms": len(terms), "open": sum(f.is_unsettled for f in findings)},
            position=showing.tier_position(telling[0]) if telling else None,
            position_clause=telling[0].term.clause if telling else "",
            revisions=Agreement.objects.visible_to(user).filter(number=agreement.number).order_by("-revision"),
            moves=moves(agreement, AGREEMENT, user),
            move_base=_base("tradeterms:move", agreement),
            may_edit=access.may_edit(user, agreement),
            kinds=[(kind, Term.Kind(kind).label) for kind in kinds.KINDS],
            **kwargs,
        )

    def findings(self, terms):
        """All findings of the agreement, newest period first, dressed for rows."""
        for term in terms:
            term.agreement = self.agreement
        return showing.findings_of(terms, self.request.user)

    def side(self, side, terms):
        chosen = [t for t in terms if t.side == side]
        total = sum((t.at_stake or Decimal(0) for t in chosen), Decimal(0))
        return {"label": side.label, "terms": chosen, "at_stake": total}


def _open_first(findings):
    """What somebody has to act on, then some of what is settled."""
    settled = [f for f in findings if not f.is_unsettled]
    return [f for f in findings if f.is_unsettled] + settled[:SETTLED_SHOWN]


class AgreementDetail(InList, OnAgreement, TemplateView):
    """One agreement: its terms by side, where each stands, the position between rebate tiers, findings, revisions."""

    listed_by, list_url = AgreementList, "tradeterms:list"

    def row(self):
        return self.agreement

    @cached_property
    def agreement(self):
        rows = Agreement.objects.visible_to(self.request.user).select_related("account")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs):
        return super().get_context_data(events=tell(entries_of(self.agreement)[:SETTLED_SHOWN]), **kwargs)


class FindingDetail(OnAgreement, TemplateView):
    """The agreement with one finding open beside it: expected, observed, evidence, computation, history, moves."""

    @cached_property
    def finding(self):
        rows = Finding.objects.visible_to(self.request.user).select_related("term__agreement__account", "owner")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def agreement(self):
        return self.finding.term.agreement

    def get_context_data(self, **kwargs):
        finding = self.finding
        showing.dress([finding])
        context = super().get_context_data(**kwargs)
        return context | {
            "finding": finding,
            "figures": showing.figures(finding),
            "expected": showing.measured(finding, "expected"),
            "observed": showing.measured(finding, "observed"),
            "evidence": showing.evidence(finding, self.request.user),
            "how": HOW[finding.term.kind],
            "genuine": finding.seal() == finding.evidence_hash,
            "history": showing.history(entries_of(finding)[:SETTLED_SHOWN]),
            "finding_moves": moves(finding, FINDING, self.request.user),
            "moves_base": _base("tradeterms:finding-move", finding),
            **self.neighbours(context["findings"]),
        }

    def neighbours(self, findings):
        """The findings before and after this one in the table of the page."""
        ids = [f.pk for f in findings]
        if self.finding.pk not in ids:
            return {"before": None, "after": None}
        at = ids.index(self.finding.pk)
        return {"before": findings[at - 1] if at else None, "after": findings[at + 1] if at + 1 < len(ids) else None}

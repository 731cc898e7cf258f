"""Alerts about findings: what somebody should act on, one alert for each finding that is still open."""

from collections import defaultdict

from django.db.models import F
from django.db.models.functions import Mod

from accounts.alerts import AlertRow, raise_alerts
from accounts.models import Alert
from tradeterms.models import Finding
from tradeterms.sentences import NEXT_STEPS, code_of, params_of
from tradeterms.workflow import ACTIONABLE

SEVERITY = {
    Finding.Verdict.BREACHED: Alert.Severity.CRITICAL,
    Finding.Verdict.AT_RISK: Alert.Severity.WARNING,
    Finding.Verdict.OPPORTUNITY: Alert.Severity.NOTICE,
}


def raise_findings(night):
    """Make the shard's alerts about terms exactly its open findings; every code is given, so that old ones resolve."""
    by_code = defaultdict(list)
    for finding in _open(night):
        by_code[code_of(finding)].append(_row(finding))
    for code in NEXT_STEPS:
        raise_alerts(by_code[code], code=code, night=night)


def _open(night):
    return (
        Finding.objects.unsettled()
        .filter(verdict__in=ACTIONABLE)
        .annotate(shard=Mod(F("account_id"), night.shards))
        .filter(shard=night.shard)
        .select_related("term__agreement")
        .defer("evidence")
        .order_by("pk")
    )


def _row(finding):
    return AlertRow(
        account_id=finding.account_id,
        fingerprint=f"finding:{finding.pk}:{finding.verdict}",
        params=params_of(finding),
        severity=SEVERITY[finding.verdict],
        at_stake=finding.at_stake,
        currency=finding.currency,
        act_by=finding.act_by,
        url=finding.get_absolute_url(),
        shown_to=finding.data_class,
    )

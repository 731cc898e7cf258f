"""Alerts are raised by the night, a whole shard at once, and go away by themselves when no longer true.

For other floors: `raise_alerts([AlertRow(...)], code=..., night=night)`; parameters are wrapped with the
functions of `accounts.wording`.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from accounts.models import Alert
from kam.audit import log_many, plain
from kam.roles import DataClass


@dataclass(frozen=True)
class AlertRow:
    """One thing that is so tonight; `fingerprint` names it and stays the same from night to night."""

    account_id: int
    fingerprint: str
    params: dict = field(default_factory=dict)
    severity: str = Alert.Severity.WARNING
    at_stake: Decimal | None = None
    currency: str = ""
    act_by: date | None = None
    url: str = ""
    shown_to: str = DataClass.GENERAL


GIVEN = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(account_id bigint, fingerprint text, params jsonb,
        severity text, at_stake numeric(18, 2), currency text, act_by date, url text, shown_to text)
)
"""

# A night that is run again takes back what it resolved itself, if the thing is so after all.
REOPEN = f"""{GIVEN}
UPDATE accounts_alert a
SET state = CASE WHEN a.acknowledged_by_id IS NULL THEN 'open' ELSE 'acknowledged' END, resolved_on = NULL,
    version = a.version + 1
FROM (
    SELECT DISTINCT ON (c.fingerprint) c.id
    FROM accounts_alert c JOIN given g USING (fingerprint)
    WHERE c.state = 'resolved' AND c.resolved_by_id IS NULL AND c.resolved_on = %(date)s AND NOT EXISTS (
        SELECT 1 FROM accounts_alert o WHERE o.fingerprint = c.fingerprint AND o.state <> 'resolved')
    ORDER BY c.fingerprint, c.id DESC
) latest
WHERE a.id = latest.id
RETURNING a.id
"""

# Not raised again: what a later night has resolved, and what a person resolved after seeing this night's.
RAISE = f"""{GIVEN}
INSERT INTO accounts_alert AS a (account_id, fingerprint, code, params, severity, state, shown_to,
    at_stake, currency, act_by, url, raised_on, seen_on, version)
SELECT g.account_id, g.fingerprint, %(code)s, g.params, g.severity, 'open', g.shown_to,
    g.at_stake, g.currency, g.act_by, g.url, %(date)s, %(date)s, 1
FROM given g
WHERE NOT EXISTS (
    SELECT 1 FROM accounts_alert c
    WHERE c.fingerprint = g.fingerprint AND c.state = 'resolved' AND c.raised_on <= %(date)s
        AND (c.resolved_on > %(date)s OR c.resolved_by_id IS NOT NULL AND c.resolved_on >= %(date)s))
ORDER BY g.fingerprint
ON CONFLICT (fingerprint) WHERE NOT (state = 'resolved') DO UPDATE
SET params = excluded.params, severity = excluded.severity, at_stake = excluded.at_stake,
    currency = excluded.currency, act_by = excluded.act_by, url = excluded.url, shown_to = excluded.shown_to,
    seen_on = excluded.seen_on, raised_on = least(a.raised_on, excluded.raised_on),
    version = a.version + (ROW(a.params, a.severity, a.at_stake, a.currency, a.act_by, a.url, a.shown_to)
        IS DISTINCT FROM ROW(excluded.params, excluded.severity, excluded.at_stake, excluded.currency,
        excluded.act_by, excluded.url, excluded.shown_to))::int
WHERE a.seen_on <= excluded.seen_on
RETURNING a.id, a.xmax = 0
"""

RESOLVE = """
UPDATE accounts_alert
SET state = 'resolved', resolved_on = %(date)s, version = version + 1
WHERE code = %(code)s AND state <> 'resolved' AND seen_on <= %(date)s
    AND mod(account_id, %(shards)s) = %(shard)s AND NOT (fingerprint = ANY(%(fingerprints)s::text[]))
RETURNING id
"""


@transaction.atomic
def raise_alerts(rows, *, code, night):
    """Make the unresolved alerts of `code` in this shard exactly `rows`; returns how many rows were given.

    What is new is raised, what was there is brought up to date (an acknowledged one stays acknowledged), what
    is not among `rows` is resolved as of `night.date`. Running the same night again changes nothing. Raises
    ValueError when a fingerprint occurs twice or an account belongs to another shard.
    """
    fingerprints = [row.fingerprint for row in rows]
    if len(set(fingerprints)) < len(fingerprints):
        raise ValueError(f"two alerts of {code} have the same fingerprint")
    if any(row.account_id % night.shards != night.shard for row in rows):
        raise ValueError(f"an alert of {code} belongs to another shard")
    params = night.params | {
        "rows": json.dumps([plain(vars(row)) for row in rows]),
        "fingerprints": fingerprints,
        "code": code,
    }
    reopened = _ids(REOPEN, params)
    raised = [pk for pk, inserted in _rows(RAISE, params) if inserted]
    resolved = _ids(RESOLVE, params)
    _log(reopened, "reopened")
    _log(raised, "raised", after=_figures)
    _log(resolved, "resolved")
    return len(rows)


def _rows(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _ids(sql, params):
    return [pk for (pk,) in _rows(sql, params)]


def _log(ids, verb, after=None):
    if ids:
        found = Alert.objects.filter(pk__in=ids).select_related("account").order_by("pk")
        log_many(found, verb, by=None, after=after)


def _figures(alert):
    return {"params": alert.params, "at_stake": alert.at_stake, "act_by": alert.act_by}

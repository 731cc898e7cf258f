"""A company of a hundred thousand accounts in half a minute, for what has to stay quick when there are many.

Groups of ten accounts, forty teams of which one sees everything, 250 accounts to a manager; two stores, two people
and three entries of the audit log each; every fifth account has alerts, and every hundredth half a year of figures.
"""

import os
from datetime import date

import psycopg
from django.db import connection

from accounts.models import Team, TeamMembership
from kam.models import User
from kam.roles import Role
from kam.text import sort_key
from kpis.calc import last_complete_week

DIRECTOR, MANAGER = "director@crowd.kam.example", "manager0@crowd.kam.example"
ACCOUNTS_OF_A_MANAGER = 250
TEAMS = 40
WEEKS = 26

# The number is the account's place, from 0; the head of a group has the places after it that end with 1 to 9 below it.
ACCOUNTS = """
WITH known AS MATERIALIZED (
    SELECT n, nextval(pg_get_serial_sequence('accounts_account', 'id')) AS id
    FROM generate_series(0, %(accounts)s - 1) n
)
INSERT INTO accounts_account (id, code, name, sort_name, kind, direction, state, tier, country, currency, languages,
    team_id, owner_id, parent_id, lineage, version, created_at, updated_at)
SELECT k.id, 'C-' || lpad(k.n::text, 6, '0'), w.name || ' ' || lpad(k.n::text, 6, '0'),
    lower(w.name) || ' ' || lpad(k.n::text, 6, '0'), 'retailer', 'sell_to',
    CASE WHEN k.n %% 50 = 49 THEN 'prospect' ELSE 'active' END, (ARRAY['A', 'B', 'C'])[1 + k.n %% 3],
    (ARRAY['DE', 'AT', 'GB', 'CN'])[1 + g.n / 10 %% 4], (ARRAY['EUR', 'EUR', 'GBP', 'CNY'])[1 + g.n / 10 %% 4], '{}',
    (%(teams)s::bigint[])[1 + g.n / 10 %% array_length(%(teams)s::bigint[], 1)],
    (%(managers)s::bigint[])[1 + k.n / %(each)s], nullif(g.id, k.id),
    CASE WHEN g.id = k.id THEN ARRAY[k.id] ELSE ARRAY[g.id, k.id] END, 1, now(), now()
FROM known k JOIN known g ON g.n = k.n / 10 * 10,
    LATERAL (SELECT (ARRAY['Adler', 'Bergmann', 'Corvus', 'Delta', 'Elster', 'Falke', 'Gallus'])[1 + k.n %% 7]) w(name)
ORDER BY k.n
"""
MINE = "(SELECT a.*, substr(a.code, 3)::int AS n FROM accounts_account a WHERE a.code LIKE 'C-%%') a"
MEMBERS = f"INSERT INTO accounts_membership (account_id, user_id, function) SELECT id, owner_id, '' FROM {MINE}"
STORES = f"""
INSERT INTO accounts_store (account_id, code, name, kind, city, country, version, created_at, updated_at)
SELECT a.id, 'S' || k, 'Store ' || k, 'outlet', '', '', 1, now(), now() FROM {MINE}, generate_series(1, 2) k
ORDER BY a.n, k
"""
CONTACTS = f"""
INSERT INTO accounts_contact (account_id, name, title, buying_role, attitude, power, email, phone, version, created_at,
    updated_at)
SELECT a.id, 'Contact ' || k, 'Buyer', 'decides', k - 1, k, '', '', 1, now(), now() FROM {MINE}, generate_series(1, 2) k
ORDER BY a.n, k
"""
ALERTS = f"""
INSERT INTO accounts_alert (account_id, fingerprint, code, params, severity, state, shown_to, at_stake, currency,
    act_by, url, raised_on, seen_on, version)
SELECT a.id, 'crowd:' || a.n || ':' || k, 'kpis.feed_late', '{{}}',
    (ARRAY['critical', 'warning', 'notice'])[1 + (a.n + k) %% 3],
    CASE WHEN a.n %% 4 = 0 THEN 'acknowledged' ELSE 'open' END, (ARRAY['kpi', 'terms', 'finance'])[1 + (a.n + k) %% 3],
    100 + a.n * 7 %% 9000, a.currency, %(day)s::date + a.n %% 30, '', %(day)s::date - a.n %% 60, %(day)s, 1
FROM {MINE}, generate_series(1, 1 + a.n / 5 %% 3) k WHERE a.n %% 5 = 0 ORDER BY a.n, k
"""
ENTRIES = f"""
INSERT INTO kam_entry (at, actor_id, verb, model, object_id, label, account_id, data_class, after, reason, source)
SELECT now() - make_interval(hours => a.n * 13 %% 4000 + k * 10), CASE WHEN k = 3 THEN NULL ELSE a.owner_id END,
    'changed', 'accounts.account', a.id, a.name, a.id, 'general', '{{"tier": "A"}}', '', 'job'
FROM {MINE}, generate_series(1, 3) k
"""
FIGURES = f"""
INSERT INTO kpis_measurevalue (account_id, measure, definition, week, numerator, denominator, as_of, late)
SELECT a.id, m.code, 1, %(last)s::date - 7 * w, m.over * (1 + (a.n / 100 + w) %% 9), m.under * 10, %(day)s, false
FROM {MINE}, generate_series(0, %(weeks)s - 1) w, (VALUES
    ('sell_in', 1000, 0.1), ('sell_through_rate', 5, 1), ('weeks_of_supply', 60, 1), ('otif', 1, 1),
    ('past_due_backlog', 30, 0.1), ('overdue_share', 1, 1)
) m(code, over, under)
WHERE a.n %% 100 = 0 ORDER BY 1, 2, 4
"""
FILLED = (
    *("accounts_account", "accounts_membership", "accounts_store", "accounts_contact", "accounts_alert"),
    *("kam_entry", "kam_user", "kpis_measurevalue"),
)  # fmt: skip
FILL = (ACCOUNTS, MEMBERS, STORES, CONTACTS, ALERTS, ENTRIES, FIGURES)


def gather(accounts: int, day: date) -> None:
    """Insert the company, with figures to the end of `day`."""
    director, *managers = _people(accounts)
    given = {
        "accounts": accounts,
        "teams": _teams(director),
        "managers": [person.pk for person in managers],
        "each": ACCOUNTS_OF_A_MANAGER,
        "day": day,
        "last": last_complete_week(day),
        "weeks": WEEKS,
    }
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, given)
    _settle()


def _settle():
    """Let the database look at what is new, as it would by itself in the minutes after."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        for table in FILLED:
            owner.execute(f"VACUUM ANALYZE {table}")


def _people(accounts):
    count = (accounts - 1) // ACCOUNTS_OF_A_MANAGER + 1
    named = [(DIRECTOR, "Crowd director", Role.DIRECTOR)]
    named += [(f"manager{n}@crowd.kam.example", f"Crowd manager {n}", Role.ACCOUNT_MANAGER) for n in range(count)]
    # No password begins with "!", so nobody signs in with one.
    people = [User(email=e, name=n, sort_name=sort_key(n), role=role, password="!crowd") for e, n, role in named]
    return User.objects.bulk_create(people)


def _teams(director):
    """Ids of the teams that have accounts; the one above them all sees everything, and the director works there."""
    top = Team.objects.create(name="Crowd", scope=Team.Scope.EVERYTHING)
    TeamMembership.objects.create(team=top, user=director)
    return [Team.objects.create(name=f"Crowd {n}", parent=top).pk for n in range(TEAMS - 1)]

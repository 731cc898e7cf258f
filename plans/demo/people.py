"""The people of Osterhall and their teams; each role can sign in, with a password nobody has seen before."""

import json
import os
import secrets
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Team, TeamMembership
from kam.models import User
from kam.roles import Role
from kam.text import sort_key

FILE = "demo-logins.json"


@dataclass(frozen=True)
class Person:
    """One login: `key` is how other parts of the demo name the person, `teams` where they work."""

    key: str
    role: str
    name: str
    mailbox: str
    teams: tuple = ()
    language: str = "en"
    time_zone: str = "Europe/Berlin"

    @property
    def email(self):
        return f"{self.mailbox}@demo.kam.example"


PEOPLE = (
    Person("dach", Role.ACCOUNT_MANAGER, "Mia Berger", "mia.berger", ("DACH",)),
    Person("uk", Role.ACCOUNT_MANAGER, "Oliver Hartley", "oliver.hartley", ("UK and Ireland",), "en", "Europe/London"),
    Person("china", Role.ACCOUNT_MANAGER, "陈一鸣", "chen.yiming", ("China",), "zh-hans", "Asia/Shanghai"),
    Person("lead", Role.TEAM_LEAD, "Jonas Reuter", "jonas.reuter", ("DACH",), "de"),
    Person("director", Role.DIRECTOR, "Clara Voss", "clara.voss", ("Sales",)),
    Person("director_europe", Role.DIRECTOR, "Daniel Osei", "daniel.osei", ("Europe",), time_zone="Europe/London"),
    Person("analyst", Role.ANALYST, "Priya Nair", "priya.nair", ("Account performance",), time_zone="Europe/London"),
    Person("finance", Role.FINANCE, "Hannah Keller", "hannah.keller", ("Finance",)),
    Person("logistics", Role.FUNCTION, "Tom Fenwick", "tom.fenwick", ("Logistics",)),
    Person("field", Role.FIELD, "Lukas Brandt", "lukas.brandt", ("DACH",)),
    Person("auditor", Role.AUDITOR, "Ines Kamp", "ines.kamp"),
    Person("admin", Role.ADMIN, "Robin Sander", "robin.sander"),
    Person("erp", Role.API_CLIENT, "ERP connector", "erp", ("Connected systems",)),
)  # fmt: skip

# name, team above, scope, countries
TEAMS = (
    ("Osterhall", "", "assigned", ()),
    ("Sales", "Osterhall", "assigned", ()),
    ("Europe", "Sales", "assigned", ()),
    ("DACH", "Europe", "countries_in", ("DE", "AT", "CH")),
    ("UK and Ireland", "Europe", "countries_in", ("GB", "IE")),
    ("China", "Sales", "countries_in", ("CN",)),
    ("Other countries", "Europe", "countries_not_in", ("DE", "AT", "CH", "GB", "IE", "CN")),
    ("Marketplace", "Sales", "assigned", ()),
    ("Finance", "Osterhall", "everything", ()),
    ("Account performance", "Osterhall", "everything", ()),
    ("Connected systems", "Osterhall", "everything", ()),
    ("Logistics", "Osterhall", "assigned", ()),
)


def users():
    """Make the users; returns (users by key, logins to be written to the file)."""
    made, logins = {}, []
    for person in PEOPLE:
        password = secrets.token_urlsafe(12)
        made[person.key] = User.objects.create_user(
            person.email,
            password,
            name=person.name,
            role=person.role,
            language=person.language,
            time_zone=person.time_zone,
        )
        logins.append({"role": str(person.role), "email": person.email, "password": password})
    return made, logins


def teams(people):
    """Insert the team tree and who works where; returns teams by name."""
    made = {}
    for name, above, scope, countries in TEAMS:
        team = Team(name=name, parent=made.get(above), scope=scope, countries=list(countries), sort_name=sort_key(name))
        team.full_clean()
        team.save()
        made[name] = team
    TeamMembership.objects.bulk_create(
        TeamMembership(team=made[name], user=people[person.key]) for person in PEOPLE for name in person.teams
    )
    return made


def write_logins(logins, name=FILE):
    """Write the logins where their owner alone can read them; returns the path."""
    path = settings.VAR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(logins, file, indent=2)
    fresh.replace(path)
    return path

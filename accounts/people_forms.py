"""Forms of the administration: people, teams, deputies, tokens, hand-over."""

import re

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import teams
from accounts.models import Account, Membership, Team, TeamMembership
from accounts.services import add_member
from kam import deputies, handover, people, services
from kam.forms import ScopedForm
from kam.me_forms import TokenForm, time_zones
from kam.models import Deputy, User
from kam.roles import Role
from kam.templatetags import formats
from kam.templatetags.formats import DASH, listed

# What stands between numbers in a spreadsheet, a mail or a sentence, also a Chinese one.
BETWEEN = re.compile(r"[\s,;，、；]+")  # noqa: RUF001


class DayInput(forms.DateInput):
    """A day with the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class PersonForm(ScopedForm):
    """Who somebody is; without an instance it invites them."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones, initial="UTC")

    class Meta:
        model = User
        fields = ["name", "email", "role", "language", "time_zone"]

    def create(self, **values):
        return people.invite(**values)

    def change(self, **values):
        return people.change_person(self.instance, **values)


class TeamForm(ScopedForm):
    """A team, its place in the tree and the rule of its scope."""

    class Meta:
        model = Team
        fields = ["name", "parent", "scope", "countries"]
        help_texts = {"countries": _("Two capital letters each, with commas between: DE, AT, CH.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            places = self.fields["parent"].queryset
            self.fields["parent"].queryset = places.exclude(lineage__contains=[self.instance.pk])

    def clean_countries(self):
        return sorted({country.strip().upper() for country in self.cleaned_data["countries"]})

    def create(self, **values):
        return teams.create_team(**values)

    def change(self, **values):
        return teams.change_team(self.instance, **values)


class JoinForm(ScopedForm):
    """One more person in a team, which stands in the address."""

    class Meta:
        model = TeamMembership
        fields = ["user"]

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.team = self.instance.team = team
        outside = User.objects.filter(is_active=True).exclude(team_memberships__team=team)
        self.fields["user"].queryset = outside

    def create(self, **values):
        return teams.join_team(team=self.team, **values)


class AssignForm(forms.Form):
    """Accounts for a team by their numbers, as copied from a spreadsheet: all of them or none."""

    numbers = forms.CharField(
        label=_("Numbers of the accounts"),
        help_text=_("One on each line, or with commas between. All of them move, or none."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        max_length=50_000,
    )

    def __init__(self, *args, user, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.team = user, team

    def clean_numbers(self):
        wanted = list(dict.fromkeys(filter(None, BETWEEN.split(self.cleaned_data["numbers"]))))
        found = {a.code: a for a in Account.objects.visible_to(self.user).filter(code__in=wanted)}
        if unknown := [number for number in wanted if number not in found]:
            more = {"numbers": listed(unknown[:10]), "count": len(unknown)}
            raise forms.ValidationError(
                gettext("You see no account with these numbers (%(count)s): %(numbers)s."), params=more
            )
        return list(found.values())

    def save_with(self, by):
        self.moved = teams.assign_accounts(team=self.team, accounts=self.cleaned_data["numbers"], by=by)
        return self.team


class MemberForm(ScopedForm):
    """Who looks after an account, which stands in the address."""

    class Meta:
        model = Membership
        fields = ["user", "function"]

    def __init__(self, *args, account, **kwargs):
        super().__init__(*args, **kwargs)
        self.account = self.instance.account = account
        colleagues = self.fields["user"].queryset.filter(is_active=True, role__in=[Role.ACCOUNT_MANAGER, Role.FIELD])
        self.fields["user"].queryset = colleagues.exclude(memberships__account=account)

    def create(self, **values):
        return add_member(account=self.account, **values)


class DeputyForm(ScopedForm):
    """Who stands in for a person, which days, and why."""

    class Meta:
        model = Deputy
        fields = ["deputy", "starts", "ends", "reason"]
        widgets = {"starts": DayInput, "ends": DayInput}

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = self.instance.person = person
        if self.instance.pk:
            del self.fields["deputy"]
        else:
            self.fields["deputy"].queryset = deputies.candidates(person)

    def create(self, **values):
        return deputies.name_deputy(person=self.person, **values)

    def change(self, **values):
        return deputies.change_deputy(self.instance, **values)


class ClientTokenForm(TokenForm):
    """A key to the API for a client, made by an administrator."""

    def __init__(self, *args, user, owner, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = owner

    def save_with(self, by):
        self.token, self.text = services.issue_token(user=self.owner, by=by, **self.cleaned_data)
        return self.owner


class HandOverForm(forms.Form):
    """Who takes over what of a leaver; one field for each kind of thing they have."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(label=_("Reason, kept in the log"), max_length=500)
    everything = forms.ModelChoiceField(
        User.objects.none(), label=_("Takes over everything"), required=False, empty_label=DASH
    )

    def __init__(self, *args, user, leaver, **kwargs):
        super().__init__(*args, **kwargs)
        self.leaver = leaver
        self.shares = [share for share in handover.shares_of(leaver) if share.count]
        colleagues = User.objects.filter(is_active=True).exclude(pk=leaver.pk).exclude(role=Role.API_CLIENT)
        self.fields["everything"].queryset = colleagues
        for share in self.shares:
            self.fields[self.field_of(share)] = forms.ModelChoiceField(
                colleagues.filter(role__in=sorted(share.part.roles)),
                label=f"{share.label} ({formats.number(share.count)})",
                required=False,
                empty_label=DASH,
            )
        self.fields["and_deactivate"] = forms.BooleanField(
            label=gettext("Then deactivate %(person)s") % {"person": leaver},
            required=False,
            disabled=not leaver.is_active,
        )
        self.initial["seen"] = self.counts()

    @staticmethod
    def field_of(share):
        return f"to_{share.part.name}"

    def counts(self):
        """What the person had when the page was made, as text: `accounts=12 plans=1`."""
        return " ".join(f"{share.part.name}={share.count}" for share in self.shares)

    def plan(self):
        """(share, successor or None) for all they have: the kind's own successor, else who takes over everything."""
        data = self.cleaned_data
        return [(share, data[self.field_of(share)] or data["everything"]) for share in self.shares]

    def clean(self):
        data = super().clean()
        if not self.errors:
            for share, to in self.plan():
                if to and not handover.may_take(share.part, to):
                    self.add_error(self.field_of(share), gettext("%(person)s cannot take this over.") % {"person": to})
        return data

    def save_with(self, by):
        seen = dict(pair.split("=") for pair in self.cleaned_data["seen"].split() if "=" in pair)
        return people.leave(
            self.leaver,
            by=by,
            successors={share.part.name: to for share, to in self.plan() if to},
            reason=self.cleaned_data["reason"],
            seen={name: int(count) if count.isdecimal() else -1 for name, count in seen.items()},
            and_deactivate=self.cleaned_data["and_deactivate"],
        )

from rest_framework import serializers

from accounts.models import Account, Alert, Contact, Membership, Store
from accounts.wording import sentence
from kam.api.base import ScopedSerializer


class AccountSerializer(ScopedSerializer):
    class Meta:
        model = Account
        fields = [
            "id",
            "code",
            "name",
            "kind",
            "direction",
            "state",
            "tier",
            "country",
            "currency",
            "languages",
            "parent",
            "team",
            "owner",
            "version",
            "updated_at",
        ]


class StoreSerializer(ScopedSerializer):
    class Meta:
        model = Store
        fields = ["id", "account", "code", "name", "kind", "city", "country", "version", "updated_at"]


class MembershipSerializer(ScopedSerializer):
    class Meta:
        model = Membership
        fields = ["id", "account", "user", "function"]


class ContactSerializer(ScopedSerializer):
    class Meta:
        model = Contact
        fields = [
            "id",
            "account",
            "name",
            "title",
            "buying_role",
            "attitude",
            "power",
            "email",
            "phone",
            "reports_to",
            "our_owner",
            "version",
            "updated_at",
        ]


class AlertSerializer(ScopedSerializer):
    sentence = serializers.SerializerMethodField(help_text="The alert in words of the caller's language.")

    class Meta:
        model = Alert
        fields = [
            "id",
            "account",
            "code",
            "params",
            "sentence",
            "severity",
            "state",
            "at_stake",
            "currency",
            "act_by",
            "url",
            "raised_on",
            "seen_on",
            "resolved_on",
            "acknowledged_by",
            "version",
        ]

    def get_sentence(self, alert) -> str:
        return sentence(alert)

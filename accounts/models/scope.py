from django.db import models

from accounts.models.reach import reach_of
from kam.models import Labelled
from kam.roles import DataClass, may_read


class ByAccountQuerySet(models.QuerySet):
    """Rows that hang off an account: the model names its path to it and inherits the one access rule."""

    def visible_to(self, user):
        """Rows of visible accounts, if the user's role reads the model's class of data."""
        if not user.is_active or not may_read(user, self.model.data_class):
            return self.none()
        return self.filter(reach_of(user).hanging_off(self.model.account_path))


class ByAccount(Labelled):
    """Base of all that belongs to one account: `account_path` leads there, `data_class` says who reads it."""

    account_path = "account"
    data_class = DataClass.GENERAL
    objects = ByAccountQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def owning_account(self):
        """The account at the end of `account_path`."""
        row = self
        for name in self.account_path.split("__"):
            row = getattr(row, name)
        return row

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from kam.leases import take_turns


class Tree(models.Model):
    """A row below another; `lineage` holds its ancestors' ids and its own, root first.

    "Everything below X" is then one indexed array overlap, and needs no recursion at read time.
    """

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("above")
    )
    lineage = ArrayField(models.BigIntegerField(), default=list, editable=False)

    class Meta:
        abstract = True
        indexes = [GinIndex(fields=["lineage"], name="%(class)s_lineage")]

    @transaction.atomic
    def save(self, *args, **kwargs):
        old = self.lineage
        super().save(*args, **kwargs)
        new = [*(self.parent.lineage if self.parent else ()), self.pk]
        if new != old:
            self.lineage = new
            self._replant(old or [self.pk], new)

    def clean(self):
        super().clean()
        if self.pk and self.parent and self.pk in self.parent.lineage:
            raise ValidationError({"parent": _("A row cannot stand below itself.")})

    @classmethod
    def one_move_at_a_time(cls, fields):
        """Wait for other moves in this tree, since two at once could make a ring; `parent` is then read anew.

        `fields` are what is to be changed; without a parent among them there is nothing to wait for.
        """
        if fields.get("parent"):
            take_turns(f"tree:{cls._meta.label_lower}")
            fields["parent"] = cls._base_manager.get(pk=fields["parent"].pk)

    def _replant(self, old, new):
        """Move this row and everything below it: replace the old head of each lineage by the new one."""
        rest = RawSQL("%s::bigint[] || lineage[%s:]", (new, len(old) + 1))
        below = type(self)._base_manager.filter(models.Q(lineage__contains=[self.pk]) | models.Q(pk=self.pk))
        below.update(lineage=rest)

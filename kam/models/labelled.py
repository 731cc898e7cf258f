from django.db import models
from django.utils.encoding import force_str


class Labelled(models.Model):
    """A row whose choices have words: `get_state_display()` looks one up, where Django would translate all of them."""

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field):
        value = getattr(self, field.attname)
        return force_str(dict(field.flatchoices).get(value, value), strings_only=True)

"""Queries about accounts that a person sees, compiled once for all whose reach is of one kind (`kam.compiled`)."""

from accounts.models.reach import Reaching, reach_of
from kam import compiled


class for_reader(compiled.for_reader):  # noqa: N801  it decorates
    """Decorate `build(user, *kind, *, **values)`, which may ask for what is visible to the user by THE access rule."""

    def known_of(self, user):
        reach = reach_of(user)
        return Reaching(user.role, reach.parts), {"reader": user.pk, **reach.values}

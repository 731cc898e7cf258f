"""Queries of pages that are open all day, put into SQL once: the ORM takes longer to say them than the database to
answer.

Such a query is a function that returns a QuerySet and is decorated with `compiled`. Its positional arguments say which
kind of query it is, its keyword-only ones are values, never None, which SQL says in other words. It is called once for
each kind, with a blank in place of every value; from then on the blanks are filled in. So what is kept knows no value:
whatever a query must know of one person or row has to come as a value, or the blank in its place fails. What differs
from one moment or language to the next has to be a value, too.
"""

from copy import copy
from dataclasses import dataclass
from functools import update_wrapper
from inspect import Parameter, signature

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Value


@dataclass(frozen=True)
class Blank:
    """The place of a value in SQL that is kept."""

    name: str


def blanks(*names) -> dict[str, Value]:
    """Blanks as a QuerySet takes them, by name."""
    return {name: Value(Blank(name)) for name in names}


def filled(params, values):
    """Parameters with the values in place of their blanks."""
    return tuple([values[p.name] if type(p) is Blank else p for p in params])


class Rows:
    """A QuerySet with blanks, as SQL."""

    def __init__(self, rows):
        self.iterable = rows._iterable_class
        self.compiler = rows.query.get_compiler(rows.db)
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:  # nobody of this kind can have a row
            self.sql, self.params = "", ()
        self.compiler.connection = None  # that of the thread which came first

    def read(self, values):
        """The rows as a list, each as iterating over the QuerySet gives it."""
        return list(self.iterable(_Filled(self, values))) if self.sql else []


class _Filled:
    """What Django's iterables ask a QuerySet and its query, for a statement with its values."""

    _known_related_objects = {}

    def __init__(self, rows, values):
        self.db, self.query, self.rows, self.values = rows.compiler.using, self, rows, values

    def get_compiler(self, using):
        """Django's compiler of the statement, which has done all of its work but that of asking."""
        compiler = copy(self.rows.compiler)
        compiler.connection = connections[using]
        compiler.as_sql = lambda: (self.rows.sql, filled(self.rows.params, self.values))
        return compiler

    def __getattr__(self, name):
        return getattr(self.rows.compiler.query, name)


class compiled:  # noqa: N801  it decorates
    """Decorate `build(*kind, *, **values) -> QuerySet`; called with a kind and values it returns a list of rows.

    The QuerySet fetches nothing in further queries. `reads` makes of what `build` returns something that can be
    `read(values)`.
    """

    def __init__(self, build, *, reads=Rows):
        parameters = signature(build).parameters.values()
        named = (p.name for p in parameters if p.kind == Parameter.KEYWORD_ONLY)
        self.build, self.reads, self.blanks, self.known = build, reads, blanks(*named), {}
        update_wrapper(self, build)

    def __call__(self, *kind, **values):
        return self.statement(kind).read(values)

    def statement(self, kind):
        """The statement of this kind, made when it is asked for the first time."""
        if kind not in self.known:
            self.known[kind] = self.made(kind)
        return self.known[kind]

    def made(self, kind):
        """A statement of this kind."""
        return self.reads(self.build(*kind, **self.blanks))


@dataclass(frozen=True)
class Someone:
    """A reader of whom only the role is known: for whom queries about what people see are compiled."""

    role: str
    is_authenticated = is_active = True
    pk = Value(Blank("reader"))


class for_reader(compiled):  # noqa: N801  it decorates
    """Decorate `build(user, *kind, *, **values)`; called with a user, `build` is given `Someone` in their place.

    Of people who are not active nothing is kept: for each of them the query is built as it stands there.
    """

    def __call__(self, user, *kind, **values):
        if not (user.is_authenticated and user.is_active):
            return self.reads(self.build(user, *kind, **values)).read({})
        someone, of_person = self.known_of(user)
        return super().__call__(someone, *kind, **values, **of_person)

    def known_of(self, user):
        """What of the user is a kind of reader, and what are values."""
        return Someone(user.role), {"reader": user.pk}

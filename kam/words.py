"""Names and numbers as search knows them: words, cut by functions of the database, so that an index can hold them.

What a word is, `kam_words` says (`kam/migrations/0006_words.py`): case, accents and punctuation do not matter, and
every Chinese character is a word of its own.
"""

import re
from functools import reduce

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, Func, Q, Value
from django.db.models.expressions import CombinedExpression

IN_A_ROW = re.compile("[\u3400-\u9fff]{2,}")
MOST = 20  # words of a question; no name has more


class Words(Func):
    """The words of a name, and a number; a `GinIndex` of them finds the rows of `named`."""

    function = "kam_words"
    output_field = SearchVectorField()


class _Asked(Func):
    """What meets `Words` of which one begins with a text, or for each part of the text one does."""

    function = "kam_asked"
    output_field = SearchQueryField()


class _Met(Func):
    """Whether words meet what is asked."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def spoken(words):
    """The words with a letter or digit; others say nothing."""
    return [word for word in words if any(character.isalnum() for character in word)]


def named(words, *, name="name", number="code"):
    """Rows of which every word begins the number, or a word of the name; Chinese ones may stand anywhere in the name.

    `number` may be a `Value` where rows have none. No row, when no word has a letter or digit.
    """
    asked = [_Asked(Value(word)) for word in spoken(words)[:MOST]]
    if not asked:
        return Q(pk__in=[])
    found = Q(_Met(Words(name, number), reduce(_both, asked)))
    for characters in IN_A_ROW.findall(" ".join(words)):  # words of the index, which does not know their order
        found &= Q(**{f"{name}__contains": characters})
    return found


def _both(one, other):
    return CombinedExpression(one, "&&", other, output_field=SearchQueryField())

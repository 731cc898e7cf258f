import json
from collections import Counter

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJSON(JSONParser):
    """JSON that can be stored and answered, and says each thing once.

    Not nested without end, numbers that are numbers, text that is text in UTF-8, no name twice in an object: which of
    the two counts would differ from one reader to the next.
    """

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            data = json.loads(stream.read().decode(), object_pairs_hook=_named_once)
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON as we take it: %(reason)s") % {"reason": error}) from error
        return data


def _named_once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _times = Counter(name for name, _value in pairs).most_common(1)[0]
        raise ValueError(_("“%(name)s” stands twice in one object") % {"name": twice})
    return found

"""How fast the whole house is: one night and the pages of a thousand accounts, the API of a hundred thousand."""

from plans.bench.api import crowds
from plans.bench.night import nights
from plans.bench.pages import visits

BENCHES = {"night": nights, "pages": visits, "api": crowds}

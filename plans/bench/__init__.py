"""How fast the house is: night and pages of a thousand accounts, the API of a hundred thousand, a long history."""

from plans.bench.api import crowds
from plans.bench.night import nights
from plans.bench.pages import visits
from plans.bench.scale import histories

BENCHES = {"night": nights, "pages": visits, "api": crowds, "scale": histories}

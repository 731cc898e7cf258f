"""How fast the whole house is on a company of a thousand accounts: one night, and the pages."""

from plans.bench.night import nights
from plans.bench.pages import visits

BENCHES = {"night": nights, "pages": visits}

"""What runs at night, and in which order. `after` names the steps whose same shard must be finished first.

A step that fails keeps back only what stands after it; everything else goes on.
"""

from kam.night import NightStep

STEPS = (
    NightStep("partitions", "kpis.night.partitions", sharded=False),
    NightStep("feeds", "kpis.night.feeds", sharded=False),
    NightStep("rollups", "kpis.night.rollups"),
    NightStep("forecast", "kpis.forecast.night.forecast", after=("rollups",)),
    NightStep("supply", "kpis.shortage.night.share_out", after=("forecast",), sharded=False),
    NightStep("supply_alerts", "kpis.shortage.night.alerts", after=("supply",)),
    NightStep("measures", "kpis.night.measures", after=("feeds", "rollups")),
    NightStep("stockouts", "kpis.stockouts.night.stockouts", after=("feeds", "rollups")),
    NightStep("replenishment", "kpis.replenishment.night.replenishment", after=("feeds", "forecast")),
    NightStep("compliance", "tradeterms.night.compliance", after=("feeds", "rollups")),
    NightStep("kpi_alerts", "kpis.night.alerts", after=("measures", "stockouts")),
    NightStep("plan_measures", "plans.night.plan_measures", after=("measures",)),
)
# The step after which pages have new figures.
MEASURING = "measures"

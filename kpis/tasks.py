"""Celery entry points of the KPI floor. A message only rings; what is to be read stands in Postgres."""

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from kam.night import Night
from kam.tasks import ring
from kpis import summing
from kpis.feeds import alerts
from kpis.imports import services
from kpis.models import ImportBatch

SIX_HOURS = 6 * 60 * 60
WEEKS_AT_ONCE = 2_000


@shared_task(time_limit=SIX_HOURS, soft_time_limit=SIX_HOURS - 60)
def apply_batch(pk):
    """Read and store one file; what waited for it is told and summed at once."""
    if services.process(batch_id=pk).state == ImportBatch.State.APPLIED:
        ring(watch_feeds_due)
        ring(sum_at_once)


@shared_task(time_limit=SIX_HOURS, soft_time_limit=SIX_HOURS - 60)
def sum_at_once():
    """Sum weeks whose facts changed; where there are many, files that wait go before the rest.

    What a lost message leaves, or a night that is summing, is summed with the next one, or at night.
    """
    if summing.at_once(WEEKS_AT_ONCE) >= WEEKS_AT_ONCE:
        ring(sum_at_once)


@shared_task
def watch_feeds_due():
    """Alerts of feeds as they stand now: a due hour has passed, or what was missing is here."""
    now = timezone.now()
    alerts.tell(Night(now.date()), now)


@shared_task
def ring_batches():
    """Ring again for every file that waits, or whose reader was lost."""
    lost = services.left_behind().values("pk")
    waiting = ImportBatch.objects.filter(Q(state=ImportBatch.State.WAITING) | Q(pk__in=lost))
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        ring(apply_batch, pk)

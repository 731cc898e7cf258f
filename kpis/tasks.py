"""Celery entry points of the KPI floor. A message only rings; what is to be read stands in Postgres."""

from celery import shared_task
from django.db.models import Q

from kam.tasks import ring
from kpis.imports import services
from kpis.models import ImportBatch

SIX_HOURS = 6 * 60 * 60


@shared_task(time_limit=SIX_HOURS, soft_time_limit=SIX_HOURS - 60)
def apply_batch(pk):
    """Read and store one file."""
    services.process(batch_id=pk)


@shared_task
def ring_batches():
    """Ring again for every file that waits, or whose reader was lost."""
    lost = services.left_behind().values("pk")
    waiting = ImportBatch.objects.filter(Q(state=ImportBatch.State.WAITING) | Q(pk__in=lost))
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        ring(apply_batch, pk)

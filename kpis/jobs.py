"""What the KPI floor tells about files that wait, and what it throws away after its time."""

import shutil
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily

from kam.jobs import Backlog
from kpis.imports.store import folder_of
from kpis.models import ImportBatch

State = ImportBatch.State


def batches() -> Backlog:
    """Files that nobody reads: waiting, or left behind by a reader that was lost."""
    idle = ImportBatch.objects.filter(
        Q(state=State.WAITING) | Q(state=State.READING, lease_until__lt=timezone.now()),
    )
    found = idle.aggregate(count=Count("pk"), since=Min("received_at"))
    return Backlog("import", found["count"], found["since"])


def figures():
    """Rows read so far, by kind of file and by what became of them."""
    family = CounterMetricFamily("kam_import_rows", "Rows of imported files", labels=["kind", "outcome"])
    sums = ImportBatch.objects.order_by().values("kind").annotate(taken=Sum("accepted"), refused=Sum("rejected"))
    for row in sums:
        family.add_metric([row["kind"], "accepted"], row["taken"])
        family.add_metric([row["kind"], "rejected"], row["refused"])
    return [family]


def forget_files(now) -> int:
    """Remove stored files older than settings.IMPORT_KEEP_DAYS; the batch and what it told stay. Returns how many."""
    old = ImportBatch.objects.filter(received_at__lt=now - timedelta(days=settings.IMPORT_KEEP_DAYS))
    names = old.exclude(state__in=ImportBatch.OPEN).order_by("pk").values_list("stored_name", flat=True)
    doomed = [folder for name in names.iterator() if name and (folder := folder_of(name)).is_dir()]
    for folder in doomed:
        shutil.rmtree(folder)
    return len(doomed)

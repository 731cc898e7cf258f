"""A file whose columns wait to be mapped, and a feed whose files are read as somebody mapped them before."""

from dataclasses import asdict
from datetime import timedelta
from io import BytesIO

from kpis.columns import answers
from kpis.imports import asking, look, store
from kpis.imports.kinds import SELL_THROUGH
from kpis.imports.look import Look
from kpis.models import ColumnMapping, Feed, ImportBatch
from plans.demo.products import gtin

HEAD = ("Filiale", "EAN", "Woche", "Menge", "Umsatz netto", "Bestand", "WE", "Aktion")


def build(staff, articles, days):
    """Both, for the first two accounts that send sell-through; nothing where there are fewer."""
    feeds = list(Feed.objects.filter(kind="sell_through").exclude(account=None).order_by("code")[:2])
    if len(feeds) < 2:
        return
    seen = _file(articles, days)
    said = answers.suggested(SELL_THROUGH, seen)
    came = days.instant(days.complete[-1] + timedelta(days=7))
    waiting = _waiting(feeds[0], staff["analyst"], seen)
    ImportBatch.objects.filter(pk=waiting.pk).update(received_at=came)  # the column fills itself with the time of now
    ColumnMapping.objects.create(
        feed=feeds[1],
        text=answers.text_of(SELL_THROUGH, said),
        columns=sorted(asking.shape(seen, said.header)),
        sample=asdict(seen),
        by=staff["analyst"],
    )


def _file(articles, days):
    """What a retailer's own report looks like: two lines of title, commas in its numbers, weeks by their Sunday."""
    sunday = days.complete[-1] + timedelta(days=6)
    rows = [("Abverkaufsbericht",), HEAD]
    for number, article in enumerate(articles[:12]):
        sold = 3 + number * 5 % 11
        value = f"{sold * 39.95:.2f}".replace(".", ",")
        rows.append(("001", gtin(article.number), f"{sunday:%d.%m.%Y}", str(sold), value, str(40 - sold), "0", "N"))
    return Look(tuple(enumerate(rows, 1)), len(rows), "cp1252", ";")


def _waiting(feed, person, seen):
    text = "\r\n".join(";".join(cells) for _line, cells in seen.rows)
    stored = store.keep(BytesIO(text.encode("cp1252")), feed.kind, f'kind = "{feed.kind}"\n')
    look.keep(store.folder_of(stored.name), seen)
    return ImportBatch.objects.create(
        feed=feed,
        kind=feed.kind,
        mapping=asking.ASK,
        by_form=True,
        dry_run=True,
        file_name=f"Abverkauf_{feed.account.code}.csv",
        stored_name=stored.name,
        size=stored.size,
        sha256=stored.sha256,
        state=ImportBatch.State.MAPPING,
        by=person,
    )

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Value

from kam.words import Words

INDEXES = {
    "account": GinIndex(Words("name", "code"), name="account_words"),
    "store": GinIndex(Words("name", "code"), name="store_words"),
    "contact": GinIndex(Words("name", Value("")), name="contact_words"),
}
# A word that many names have would be looked for by cutting all names into words again, which the planner takes to be cheap.
UNCOUNTED = "ALTER INDEX {} ALTER 1 SET STATISTICS 0"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0005_prospects"), ("kam", "0006_words")]

    operations = [
        *(AddIndexConcurrently(model, index) for model, index in INDEXES.items()),
        *(migrations.RunSQL(UNCOUNTED.format(i.name), migrations.RunSQL.noop) for i in INDEXES.values()),
    ]

"""The floor of KPI tracking: facts, their imports, sums and measures."""

import os

# What works side by side in an import are threads of ours; a second pool would only take processors from them.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

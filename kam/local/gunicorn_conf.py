"""The web server's settings; everything that differs between machines comes from the environment."""

import gc
import os
import shutil
import socket
from pathlib import Path

from gunicorn.http.wsgi import Response

from kam import logs
from kam.local import places

bind = f"{os.environ.get('KAM_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
wsgi_app = "kam.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Threads of a process take turns at one processor: the more there are, the longer those wait who are unlucky.
threads = int(os.environ.get("WEB_THREADS", "2"))
timeout = 60
graceful_timeout = 30
# What waits waits at the socket that all processes share, for the first thread that is free. A connection that is kept
# stays with the process that took it, and eight of them may all stay with one while the other has nothing to do.
worker_connections = threads
keepalive = 0
# Each thread keeps its database connection for a minute: a new one costs a page more than many of its queries do.
os.environ.setdefault("CONN_MAX_AGE", "60")
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # the heartbeat file must not wait for a busy disk

# kam.observe tells of each request; gunicorn's own line would tell whole addresses.
accesslog = None
logconfig_dict = logs.config(
    machine=os.environ.get("KAM_LOG", "line") == "json", level=os.environ.get("LOG_LEVEL", "INFO")
)

_default_headers = Response.default_headers


def _headers_without_server(response):
    return [line for line in _default_headers(response) if not line.startswith("Server:")]


Response.default_headers = _headers_without_server  # which program answers is nobody's business

# Where the processes count requests (kam/metrics.py): a file per slot. A slot is taken over by the next process.
METRICS = places.var() / "metrics" / f"{socket.gethostname()}-{bind.rpartition(':')[2]}"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS)


def on_starting(server):
    """Begin counting at zero."""
    shutil.rmtree(METRICS, ignore_errors=True)
    METRICS.mkdir(parents=True)


def pre_fork(server, worker):
    """Give the new process the lowest slot that no living one has."""
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(n for n in range(len(taken) + 1) if n not in taken)


def post_fork(server, worker):
    os.environ["KAM_METRICS_SLOT"] = str(worker.slot)


def post_worker_init(worker):
    """What is loaded now stays: rubbish is looked for among what requests make, and less often than by default."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)

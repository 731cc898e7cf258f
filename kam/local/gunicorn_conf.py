"""The web server's settings; everything that differs between machines comes from the environment."""

import os
from pathlib import Path

bind = f"{os.environ.get('KAM_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
wsgi_app = "kam.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 30
keepalive = 5
# Each thread keeps its database connection for a minute: a new one costs a page more than many of its queries do.
os.environ.setdefault("CONN_MAX_AGE", "60")
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = "-"
errorlog = "-"
control_socket_disable = True
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # the heartbeat file must not wait for a busy disk

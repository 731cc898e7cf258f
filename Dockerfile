# KAM's one image: web, workers, beat and migrations differ only in their command (docker-compose.yml).
# The first stage has what installing needs; the second only what running needs.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --require-hashes -r requirements.lock
WORKDIR /app
COPY . .
RUN SECRET_KEY=only-for-collecting-static-files-no-secret KAM_VAR=/tmp/build KAM_STATIC_ROOT=/app/staticfiles \
    /venv/bin/python manage.py collectstatic --no-input --ignore redoc \
    && /venv/bin/python -m compileall -q kam accounts kpis tradeterms plans

FROM python:3.11-slim

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=kam.settings \
    KAM_VAR=/data \
    KAM_STATIC_ROOT=/app/staticfiles \
    KAM_HOST=0.0.0.0 \
    KAM_LOG=json

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin kam \
    && install --directory --owner=kam --group=kam --mode=700 /data

COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app

USER kam
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=6 \
    CMD ["python", "-m", "kam.local.probe"]
CMD ["gunicorn", "--config", "kam/local/gunicorn_conf.py"]

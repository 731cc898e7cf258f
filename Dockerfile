# KAM's one image: web, worker, beat and migrations differ only in their command (docker-compose.yml).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=kam.settings \
    KAM_VAR=/data \
    KAM_STATIC_ROOT=/app/staticfiles \
    KAM_HOST=0.0.0.0

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin kam \
    && install --directory --owner=kam --group=kam --mode=700 /data

WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN SECRET_KEY=only-for-collecting-static-files-no-secret KAM_VAR=/tmp/build \
    python manage.py collectstatic --no-input --ignore redoc \
    && rm -rf /tmp/build

USER kam
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "kam/local/gunicorn_conf.py"]

"""One settings file: everything that differs between machines comes from the environment (docs/operations.md)."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from kam import logs

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("KAM_VAR", str(BASE_DIR / "var")))
FLOORS = ("kam", "accounts", "kpis", "tradeterms", "plans")

# An import makes and drops hundreds of megabytes in seconds: the columnar engine gives them back after a tenth of one.
env.ENVIRON.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("Set SECRET_KEY to at least 32 random characters; `make run` makes one for you.")
TOKEN_PEPPER = env.str("TOKEN_PEPPER", SECRET_KEY)
INSTANCE = env.str("KAM_INSTANCE", "")

BASE_URL = env.str("KAM_BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = BASE_URL.startswith("https://")
HOSTNAME = urlsplit(BASE_URL).hostname

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    *FLOORS,
]

MIDDLEWARE = [
    "kam.observe.requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kam.middleware.headers",
    "kam.reading.requests",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kam.sessions.alive",
    "kam.middleware.locale",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "kam.factors.first",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kam.middleware.bad_cursor_is_400",
]

ROOT_URLCONF = "kam.urls"
WSGI_APPLICATION = "kam.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kam.context.frame",
                "accounts.context.frame",
            ],
        },
    }
]

# Widgets come from our templates first, so that they may be our own.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The owner role migrates; the web and the workers use a role that owns nothing.
DATABASE_ROLE = env.str("KAM_DB_ROLE", "app")
_url = "DATABASE_URL" if DATABASE_ROLE == "owner" else "DATABASE_APP_URL"
DATABASES = {"default": env.db_url(_url, default=env.str("DATABASE_URL", "postgres://"))}
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 0),
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
STATEMENT_TIMEOUT = env.str("KAM_STATEMENT_TIMEOUT", "0")
# A migration that cannot have its lock soon gives up, rather than let everybody queue behind it.
LOCK_TIMEOUT = env.str("KAM_LOCK_TIMEOUT", "5s") if DATABASE_ROLE == "owner" else "0"
# Our statements are many and short: to compile one, or to start others to help with it, takes longer than to run it.
# Nights share their work out by accounts.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    f"-c statement_timeout={STATEMENT_TIMEOUT} -c lock_timeout={LOCK_TIMEOUT}"
    " -c idle_in_transaction_session_timeout=600s -c timezone=UTC -c jit=off"
    " -c max_parallel_workers_per_gather=0"
)
APP_ROLE = env.db_url("DATABASE_APP_URL", default="postgres://kam_app@/kam")["USER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "kam.cache.FallbackRedisCache", "LOCATION": REDIS_URL}}

AUTH_USER_MODEL = "kam.User"
# E-mail is unique by a constraint on its lower case, which this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "kam.adapter.Adapter"
ACCOUNT_FORMS = {"reset_password": "kam.sign_in_reset.ResetForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False

MFA_ADAPTER = "kam.factors.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "kam.factor_forms.Add",
    "authenticate_webauthn": "kam.factor_forms.Authenticate",
    "login_webauthn": "kam.factor_forms.Login",
    "reauthenticate_webauthn": "kam.factor_forms.Reauthenticate",
}
MFA_TOTP_ISSUER = "KAM"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_ROLES = frozenset(env.list("KAM_MFA_ROLES", default=[]))

SOCIALACCOUNT_ADAPTER = "kam.adapter.CompanyAdapter"
SOCIALACCOUNT_PROVIDERS = {}
if OIDC_URL := env.str("KAM_OIDC_URL", ""):
    SOCIALACCOUNT_PROVIDERS["sso"] = {
        "APP": {
            "name": env.str("KAM_OIDC_NAME", "SSO"),
            "client_id": env.str("KAM_OIDC_CLIENT_ID"),
            "secret": env.str("KAM_OIDC_SECRET"),
            "settings": {"server_url": OIDC_URL},
        }
    }

SESSION_ENGINE = "kam.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE = timedelta(minutes=env.int("KAM_IDLE_MINUTES", 60))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-kam_session" if HTTPS else "kam_session"
CSRF_COOKIE_NAME = "__Host-kam_csrf" if HTTPS else "kam_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "kam.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("KAM_BEHIND_PROXY", False):
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # so that failed sign-ins are counted by client, not all for the proxy
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("zh-hans", _("Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("KAM_STATIC_ROOT", str(VAR / "static")))
MEDIA_ROOT = Path(env.str("KAM_MEDIA_ROOT", str(VAR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kam.storage.StaticStorage"},
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
WHITENOISE_USE_FINDERS = env.bool("KAM_STATIC_FINDERS", DEBUG)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FEED_FOLDER = Path(env.str("KAM_FEED_FOLDER", str(VAR / "feeds")))
IMPORT_MAX_BYTES = env.int("KAM_IMPORT_MAX_BYTES", 2 * 1024**3)

# With a server mail goes there; without one it is laid down as files.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 20
_backend = "smtp" if EMAIL_HOST else "filebased"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", f"django.core.mail.backends.{_backend}.EmailBackend")
EMAIL_FILE_PATH = VAR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "kam@localhost")
# The daily mail: functions of `accounts.digest.Day`, each of which makes one part or None.
DIGEST_PARTS = (
    "accounts.digest.alerts",
    "plans.digest.waiting",
    "accounts.digest.news",
    "kpis.digest.late",
    "accounts.digest.night",
)
MAIL_KINDS = {
    "invitation": "kam.mail_kinds.INVITATION",
    "deputy": "kam.mail_kinds.DEPUTY",
    "digest": "accounts.digest.DIGEST",
    "password_reset": "kam.sign_in_mails.RESET",
    "sign_in_changed": "kam.sign_in_mails.CHANGED",
}

# Who may be told of an entry of the audit log: a function of entries and a user, on the floor of the access rule.
ENTRY_RULE = "accounts.outbox.seen_by"
WEBHOOK_ALLOW = env.list("KAM_WEBHOOK_ALLOW", default=[])
WEBHOOK_CA = env.str("KAM_WEBHOOK_CA", "")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kam.api.auth.TokenAuthentication",
        "kam.api.auth.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kam.api.permissions.ScopesAndAccess"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kam.api.parsers.StrictJSON"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "kam.api.pagination.Keyset",
    "DEFAULT_SCHEMA_CLASS": "kam.api.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": [f"kam.api.throttle.{name}" for name in ("PerToken", "PerPerson", "Uploads")],
    "DEFAULT_THROTTLE_RATES": {
        "token": env.str("KAM_API_RATE", "1200/min"),
        "person": env.str("KAM_API_RATE_PERSON", "600/min"),
        "upload": env.str("KAM_API_RATE_UPLOAD", "30/min"),
    },
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "kam.api.problems.handle",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_TOKEN_MAX_AGE = timedelta(days=365)
# A filter that is not set says so in a word, not in hyphens.
FILTERS_EMPTY_CHOICE_LABEL = _("All")
SPECTACULAR_SETTINGS = {
    "TITLE": "KAM",
    "DESCRIPTION": "Key account management: accounts, plans, trade terms, KPIs and imports.",
    "VERSION": "v1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ImportKindEnum": "kpis.models.batch.Kind",
        "AccountStateEnum": "accounts.models.account.Account.State",
        "AlertStateEnum": "accounts.models.alert.Alert.State",
        "StepStateEnum": "kam.models.night.StepRun.State",
        "BatchStateEnum": "kpis.models.batch.ImportBatch.State",
        "AgreementStateEnum": "tradeterms.models.agreement.Agreement.State",
        "FindingStateEnum": "tradeterms.models.finding.Finding.State",
        "PlanStateEnum": "plans.models.plan.Plan.State",
        "StockOutCauseEnum": "kpis.models.stockout.StockOut.Cause",
        "LetterLanguageEnum": "kpis.models.stockout.StockOutLetter.Language",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "kam.api.schema.problem_type"],
}

# Measured on kill -9 trials: acknowledge late, take one message at a time, notice a lost worker within seconds.
CELERY_BROKER_URL = REDIS_URL if not REDIS_URL.startswith("unix://") else "redis+socket" + REDIS_URL[4:]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "health_check_interval": 30,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,  # a broker that stands still must not hold whoever rings for ever
}
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "kam.tasks.run_shard": {"queue": "night"},
    **dict.fromkeys(("kpis.tasks.apply_batch", "kpis.tasks.sum_at_once"), {"queue": "imports"}),
    "kam.tasks.tell_webhooks": {"queue": "outward"},
    "kam.tasks.send_mail": {"queue": "outward"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "night": {"task": "kam.tasks.start_night", "schedule": env.int("KAM_NIGHT_CHECK_SECONDS", 300)},
    "sweep": {"task": "kam.tasks.sweep", "schedule": 30},
    "tidy": {"task": "kam.tasks.tidy", "schedule": crontab(hour=4, minute=10)},
    "imports": {"task": "kpis.tasks.ring_batches", "schedule": 30},
    "feeds": {"task": "kpis.tasks.watch_feeds_due", "schedule": 300, "options": {"expires": 300}},
    "webhooks": {"task": "kam.tasks.tell_webhooks", "schedule": 5, "options": {"expires": 5}},
    "news": {"task": "accounts.tasks.tell_people", "schedule": 10, "options": {"expires": 10}},
    "digests": {"task": "accounts.tasks.plan_digests", "schedule": 300, "options": {"expires": 300}},
    "mail": {"task": "kam.tasks.send_mail", "schedule": 15, "options": {"expires": 15}},
    "answers": {"task": "kam.tasks.forget_answers", "schedule": 3600},
}
# What each floor tells about work that waits, which figures it adds, and what it throws away after its time.
BACKLOGS = ("kam.jobs.steps", "kam.jobs.deliveries", "kam.jobs.mails", "kpis.jobs.batches")
FIGURES = ("kpis.jobs.figures",)
TIDIERS = ("kam.tidy.sessions", "kam.tidy.removals", "kam.tidy.deliveries", "kpis.jobs.forget_files")
IMPORT_KEEP_DAYS = env.int("KAM_IMPORT_KEEP_DAYS", 400)
ARCHIVE_MONTHS = env.int("KAM_ARCHIVE_MONTHS", 36)
# Seconds until /healthz/jobs calls something late; `waiting` is for every backlog.
JOB_LIMITS = {
    "night": env.int("KAM_LIMIT_NIGHT", 30 * 3600),
    "waiting": env.int("KAM_LIMIT_WAITING", 900),
    "beat": env.int("KAM_LIMIT_BEAT", 180),
    "worker": env.int("KAM_LIMIT_WORKER", 300),
}
METRICS_TOKEN = env.str("KAM_METRICS_TOKEN", "")

NIGHT_STARTS_UTC = env.int("KAM_NIGHT_HOUR_UTC", 2)
NIGHT_LEASE_SECONDS = env.int("KAM_NIGHT_LEASE_SECONDS", 60)
NIGHT_SHARDS = env.int("KAM_NIGHT_SHARDS", 8)

# Whom forecasts that change are told to, and what counts as a change of one product in one of the next weeks.
LOGISTICS_TEAM = env.str("KAM_LOGISTICS_TEAM", "Logistics")
FORECAST_NOTICE_SHARE = env.float("KAM_FORECAST_NOTICE_SHARE", 0.25)
FORECAST_NOTICE_UNITS = env.int("KAM_FORECAST_NOTICE_UNITS", 24)
FORECAST_NOTICE_WEEKS = env.int("KAM_FORECAST_NOTICE_WEEKS", 8)

LOGGING = logs.config(machine=env.str("KAM_LOG", "line") == "json", level=env.str("LOG_LEVEL", "INFO"))

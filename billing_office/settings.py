"""Settings, all from the environment. `.env.example` lists every variable with its meaning.

The helpers at the top refuse a value that makes no sense rather than guess what was meant.
"""

import contextlib
import os
import secrets
import zoneinfo
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from billing_office import embedded

BASE_DIR = Path(__file__).resolve().parent.parent


# --- reading the environment --------------------------------------------------------------------------------


def text_setting(name: str, default: str) -> str:
    """Return a variable, or the default where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def yes_no_setting(name: str, *, default: bool) -> bool:
    """Return a variable that is 1 or 0 (or true, false, yes, no)."""
    value = text_setting(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes"}:
        return True
    if value in {"0", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be 1 or 0")


def list_setting(name: str, default: str) -> list[str]:
    """Return a variable that lists words between commas."""
    words = [word.strip() for word in text_setting(name, default).split(",")]
    if not all(words):
        raise ImproperlyConfigured(f"{name} has an empty word between its commas")
    return words


def database_setting(url: str, *, name: str) -> dict[str, Any]:
    """Return Django's description of a PostgreSQL address; `name` is the variable it came from."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(f"{name} must begin with postgresql://")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as problem:
        raise ImproperlyConfigured(f"{name} cannot be read: {problem}") from problem
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"{name} names no database: postgresql://user:password@host:port/database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": parts,
        # A connection kept between requests; measured: without it half the requests per second.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def secret_key() -> str:
    """Return OFFICE_SECRET_KEY, or the key made once for this office and kept in its folder."""
    given = text_setting("OFFICE_SECRET_KEY", "")
    if given:
        if len(given) < 50:
            raise ImproperlyConfigured("OFFICE_SECRET_KEY must have at least 50 characters")
        return given
    path = OFFICE_VAR / "secret_key"
    OFFICE_VAR.mkdir(parents=True, exist_ok=True)
    # Of two processes that start at once, the one that comes second takes the first one's key.
    with contextlib.suppress(FileExistsError):
        draft = OFFICE_VAR / f"secret_key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        try:
            os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_text().strip()


# --- the office ---------------------------------------------------------------------------------------------

OFFICE_VAR = embedded.office_var()
OFFICE_NAME = text_setting("OFFICE_NAME", "")
DEBUG = yes_no_setting("OFFICE_DEBUG", default=False)
HTTPS = yes_no_setting("OFFICE_HTTPS", default=False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = list_setting("OFFICE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and host != "*"]

INSTALLED_APPS = [
    # First, for its `migrate`, which knows the two database roles.
    "billing_office",
    "desk",
    "reports",
    "serviceorders",
    "collections_app",
    "billing",
    "payments",
    "ledger",
    "metering",
    "accounts",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page is closed to strangers unless it says otherwise.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "billing_office.urls"
WSGI_APPLICATION = "billing_office.wsgi.application"
ASGI_APPLICATION = "billing_office.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.office",
            ],
        },
    }
]

# --- database and broker ------------------------------------------------------------------------------------

# manage.py and the supervisor put the embedded servers' addresses here; nothing answers at the stand-ins,
# which only let commands that need no database load the settings.
DATABASE_URL = text_setting("DATABASE_URL", "postgresql://office_app@127.0.0.1:1/office")
DATABASE_OWNER_URL = text_setting("DATABASE_OWNER_URL", DATABASE_URL)
REDIS_URL = text_setting("REDIS_URL", "redis://127.0.0.1:1/0")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://")

# The application's role owns nothing and may not change the tables; `migrate` alone connects as the owner.
DATABASES = {"default": database_setting(DATABASE_URL, name="DATABASE_URL")}
DATABASE_OWNER = database_setting(DATABASE_OWNER_URL, name="DATABASE_OWNER_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "core.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# NIST 800-63B-4: length, and no rules of composition.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "core.views.csrf_failed"

# --- language and time --------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = text_setting("OFFICE_TIME_ZONE", "America/Chicago")
if TIME_ZONE not in zoneinfo.available_timezones():
    raise ImproperlyConfigured(f"OFFICE_TIME_ZONE is {TIME_ZONE!r}; it must be a name like America/Chicago")

# --- static files -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "billing_office.npm_finder.NpmFinder",
]
# With hashed names `manage.py collectstatic` must have run; without, files come straight from where they lie.
HASHED_STATIC = yes_no_setting("OFFICE_HASHED_STATIC", default=False)
STATIC_ROOT = OFFICE_VAR / "static" if HASHED_STATIC else None
WHITENOISE_USE_FINDERS = not HASHED_STATIC
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 60 if not HASHED_STATIC else 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HASHED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = OFFICE_VAR / "media"

# --- security headers ---------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        # Icons inside the style sheets are data addresses.
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"

# --- forms and the programming interface --------------------------------------------------------------------

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

REST_FRAMEWORK = {
    # The same session as the pages, with its CSRF check: no tokens lie about in browsers.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Money leaves as text: a float never touches it.
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Utility billing office",
    "DESCRIPTION": "Accounts, balances and payments of the billing office.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Two models call a field "kind"; each list of kinds has its own name.
    "ENUM_NAME_OVERRIDES": {
        "AccountKindEnum": "accounts.models.Account.Kind",
        "OrderKindEnum": "serviceorders.models.ServiceOrder.Kind",
        "TenderKindEnum": "payments.models.Tender.Kind",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- the worker ---------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
# The database is the queue of record, and what a task found is written there.
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A task that a killed worker held comes back after this long; every chunk is far shorter.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 3,
    # While the broker is away a wake-up gives up at once, so that nobody at the counter waits for it: a sweep is the
    # guarantee. Workers have their own rule for coming back, below.
    "max_retries": 0,
}
# Lets several offices share one Redis server.
if text_setting("OFFICE_BROKER_PREFIX", ""):
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = text_setting("OFFICE_BROKER_PREFIX", "")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "office"
# By name, so that a task goes the same way whoever sends it. The first pattern that fits counts.
CELERY_TASK_ROUTES = {
    "*.print_*": {"queue": "printing"},
    "billing.tasks.*": {"queue": "runs"},
}
# A task for a queue that no worker listens to would wait for ever: sending it is an error.
CELERY_TASK_CREATE_MISSING_QUEUES = False

# Everything that runs by the clock. Times of day are the office's.
CELERY_BEAT_SCHEDULE = {
    "resume stalled bill runs": {"task": "billing.tasks.resume_stalled_runs", "schedule": 15.0},
    "claim what others left for service orders": {
        "task": "serviceorders.tasks.sweep_claims",
        "schedule": 15.0,
    },
    "bring the daily totals up to date": {"task": "ledger.tasks.compact_daily_totals", "schedule": 300.0},
    # Neither hour of the two clock changes.
    "prove the books": {"task": "desk.tasks.nightly_prove", "schedule": crontab(hour=3, minute=30)},
}

# Which tasks a wake-up sends. A wake-up carries no data and may be lost: the sweeps above are the guarantee.
WAKEUPS: dict[str, list[str]] = {
    "credit_posted": ["serviceorders.tasks.claim_credits"],
    "proof_wanted": ["desk.tasks.nightly_prove"],
}

# --- logging ------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": text_setting("OFFICE_LOG_LEVEL", "WARNING")},
    "loggers": {
        # Refused requests are answered, not worth a line each.
        "django.request": {"level": "ERROR"},
        # It logs each font file that it makes smaller.
        "fontTools": {"level": "ERROR"},
    },
}

"""Is the office alive, and is it ready? For load balancers, the supervisor, and whoever looks."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


def _database_problem() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        return "PostgreSQL does not answer"
    return None


def _migrations_problem() -> str | None:
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return "the migrations could not be read"
    return f"{missing} migrations are not applied; run manage.py migrate" if missing else None


def _broker_problem() -> str | None:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        return "the Redis server does not answer"
    finally:
        client.close()
    return None


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Say that the web process answers, whatever else is down."""
    return JsonResponse({"status": "alive"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything a page needs is there, else 503 with what is wrong."""
    problems = {"database": _database_problem(), "redis": _broker_problem()}
    if problems["database"] is None:
        problems["migrations"] = _migrations_problem()
    wrong = {name: problem for name, problem in problems.items() if problem}
    if wrong:
        return JsonResponse({"status": "not ready", "problems": wrong}, status=503)
    return JsonResponse({"status": "ready"})

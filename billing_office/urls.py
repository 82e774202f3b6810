"""Addresses: each app's pages and endpoints are included here, nothing is decided."""

from importlib.util import find_spec

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from billing_office.api_root import api_root
from billing_office.health import livez, readyz

# The floors, from the top; an address is looked for in this order.
APPS = (
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
)


def included(module: str) -> list[URLResolver]:
    """Return the addresses of every app that has such a module: `urls` for pages, `api` for endpoints."""
    return [path("", include(f"{app}.{module}")) for app in APPS if find_spec(f"{app}.{module}")]


# The viewer of the interface's description sets styles from its script.
api_docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api-schema")
)

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", api_docs, name="api-docs"),
    path("api/v1/", api_root, name="api-root"),
    path("api/v1/", include(included("api"))),
    *included("urls"),
]

handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"

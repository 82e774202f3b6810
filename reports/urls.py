"""Addresses of reports."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.index, name="index"),
    path("reports/aging/", views.report, {"code": "aging"}, name="aging"),
    path("reports/<slug:code>/", views.report, name="report"),
    path("reports/<slug:code>/csv/", views.export, name="csv"),
]

"""Addresses of readings and their exceptions."""

from django.urls import path

from metering import views

app_name = "metering"
urlpatterns = [
    path("readings/enter/", views.enter, name="enter"),
    path("readings/exceptions/", views.ExceptionList.as_view(), name="exceptions"),
    path("readings/exceptions/<int:pk>/", views.resolve, name="exception"),
]

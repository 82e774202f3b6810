"""Addresses of the desk."""

from django.urls import path

from desk import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("account/<str:number>/", views.account, name="account"),
    path("approvals/", views.approvals, name="approvals"),
    path("approvals/<str:kind>/<str:key>/", views.decide, name="decide"),
    path("proofs/", views.prove, name="prove"),
]

"""Addresses of the accounts list and of what is written on one account."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("accounts/", views.AccountList.as_view(), name="list"),
    path("account/<str:number>/notes/new/", views.note, name="note"),
    path("account/<str:number>/mailing/", views.mailing, name="mailing"),
    path("account/<str:number>/phone/", views.phone, name="phone"),
]

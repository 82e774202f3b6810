"""Addresses of field work."""

from django.urls import path

from serviceorders import views

app_name = "serviceorders"
urlpatterns = [
    path("orders/", views.OrderList.as_view(), name="list"),
    path("orders/<int:number>/", views.order, name="order"),
    path("orders/<int:number>/dispatch/", views.dispatch, name="dispatch"),
    path("orders/<int:number>/complete/", views.complete, name="complete"),
    path("orders/<int:number>/could-not/", views.could_not, name="could-not"),
    path("orders/<int:number>/cancel/", views.cancel, name="cancel"),
    path("orders/<int:number>/recall/", views.recall, name="recall"),
    path("orders/<int:number>/plan/", views.reopen, name="reopen"),
    path("account/<str:number>/order/", views.request_order, name="request"),
]

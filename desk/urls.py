"""Addresses of the desk."""

from django.urls import path

from desk import office_views, opening_views, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("account/<str:number>/", views.account, name="account"),
    path("account/<str:number>/stop/", opening_views.stop_service, name="stop-service"),
    path("accounts/new/", opening_views.open_account, name="open-account"),
    path("accounts/new/look/<str:part>/", opening_views.look, name="open-account-look"),
    path("approvals/", views.approvals, name="approvals"),
    path("approvals/reviews/", office_views.reviews, name="reviews"),
    path("approvals/reviews/<int:pk>/sign/", office_views.sign, name="sign-review"),
    path("approvals/<str:kind>/<str:key>/", views.decide, name="decide"),
    path("proofs/", views.prove, name="prove"),
    path("policy/", office_views.policy_page, name="policy"),
    path("policy/<str:name>/", office_views.enter_policy, name="enter-policy"),
    path("audit/", office_views.AuditList.as_view(), name="audit"),
]

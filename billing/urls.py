"""Addresses of the run console, bills and the rate book."""

from django.urls import path

from billing.views import bills, papers, rates, runs

app_name = "billing"
urlpatterns = [
    path("billing/", runs.RunList.as_view(), name="run-list"),
    path("billing/runs/open/", runs.open_run, name="run-open"),
    path("billing/runs/<int:number>/", runs.run, name="run"),
    path("billing/runs/<int:number>/start/", runs.start, name="run-start"),
    path("billing/runs/<int:number>/pause/", runs.pause, name="run-pause"),
    path("billing/runs/<int:number>/resume/", runs.resume, name="run-resume"),
    path("billing/runs/<int:number>/cancel/", runs.cancel, name="run-cancel"),
    path("billing/runs/<int:number>/approve/", runs.approve, name="run-approve"),
    path("billing/runs/<int:number>/send-back/", runs.send_back, name="run-send-back"),
    path("billing/runs/<int:number>/post/", runs.post, name="run-post"),
    path("billing/runs/<int:number>/print/", runs.print_bills, name="run-print"),
    path("billing/runs/<int:number>/reverse/", runs.reverse, name="run-reverse"),
    path("billing/rates/", rates.RateBook.as_view(), name="rate-list"),
    path("billing/bills/<str:number>/", bills.bill, name="bill"),
    path("billing/bills/<str:number>/paper/", papers.bill_pdf, name="bill-pdf"),
]

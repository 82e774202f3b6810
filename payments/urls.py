"""Addresses of the counter, its drawers and its receipts."""

from django.urls import path

from payments.views import counter, receipts, sessions

app_name = "payments"
urlpatterns = [
    path("counter/", counter.counter, name="counter"),
    path("counter/find/", counter.find, name="counter-find"),
    path("counter/preview/", counter.preview, name="counter-preview"),
    path("counter/drawer/", counter.open_drawer, name="open-drawer"),
    path("drawers/<int:pk>/", sessions.session, name="session"),
    path("drawers/<int:pk>/balancing/", sessions.start_balancing, name="start-balancing"),
    path("drawers/<int:pk>/balanced/", sessions.finish_balancing, name="finish-balancing"),
    path("receipts/", receipts.ReceiptList.as_view(), name="receipt-list"),
    path("receipts/<str:label>/", receipts.receipt, name="receipt"),
    path("receipts/<str:label>/print/", receipts.print_receipt, name="receipt-print"),
    path("receipts/<str:label>/void/", receipts.request_void, name="receipt-void"),
    path("receipts/<str:label>/void-now/", receipts.void_now, name="receipt-void-now"),
]

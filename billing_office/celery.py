"""The worker's app: its queues and its tasks. The schedule is CELERY_BEAT_SCHEDULE in the settings."""

import os

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")

# office: sweeps and small things; runs: chunks of bill runs; printing: PDFs.
QUEUES = ("office", "runs", "printing")

app = Celery("billing_office")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in QUEUES]
app.autodiscover_tasks()

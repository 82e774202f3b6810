"""Deployment entry point for WSGI servers, gunicorn among them."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
application = get_wsgi_application()

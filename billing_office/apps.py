from django.apps import AppConfig


class BillingOfficeConfig(AppConfig):
    name = "billing_office"

    def ready(self) -> None:
        """Make the office's Celery app the one that tasks and wake-ups find, in the web process too."""
        from billing_office.celery import app

        app.set_default()

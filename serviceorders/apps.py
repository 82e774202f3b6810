from django.apps import AppConfig


class ServiceOrdersConfig(AppConfig):
    name = "serviceorders"
    default_auto_field = "django.db.models.BigAutoField"

"""``manage.py sync_roles``: bring the roles in the database up to the table in ``desk.roles``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from desk import services


class Command(BaseCommand):
    help = "Bring the roles and their rights in the database up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{services.sync_roles()} roles are up to date")

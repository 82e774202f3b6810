"""Reference data of the app for the administrator: cycles and routes."""

from django.contrib import admin

from accounts.models import Cycle, Route


@admin.register(Cycle)
class CycleAdmin(admin.ModelAdmin):
    """Accounts that are billed together."""

    list_display = ("code", "name", "months_per_period", "bills_when_read")
    ordering = ("code", "pk")

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """What accounts and runs point at stays."""
        return False


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin):
    """Service points that one reader walks."""

    list_display = ("code", "name", "cycle")
    list_select_related = ("cycle",)
    ordering = ("code", "pk")

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """What service points point at stays."""
        return False

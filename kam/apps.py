from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class KamConfig(AppConfig):
    name = "kam"

    def ready(self):
        from kam import checks, grants  # noqa: F401, PLC0415 (models must be loaded first)

        autodiscover_modules("panels", "measures")
        post_migrate.connect(grants.after_migrate, dispatch_uid="kam.grants")

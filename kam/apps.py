from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate, post_save
from django.utils.module_loading import autodiscover_modules


class KamConfig(AppConfig):
    name = "kam"

    def ready(self):
        from kam import checks, grants, sessions, sign_in  # noqa: F401, PLC0415 (models must be loaded first)

        autodiscover_modules("panels", "measures")
        post_migrate.connect(grants.after_migrate, dispatch_uid="kam.grants")
        user_logged_in.connect(sessions.ends_after_twelve_hours, dispatch_uid="kam.sessions.ends")
        post_save.connect(sessions.deactivated_are_out, "kam.User", dispatch_uid="kam.sessions.deactivated")
        sign_in.connect()

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed static files; plain names while no manifest has been collected (tests, DEBUG)."""

    manifest_strict = False

    def stored_name(self, name):
        if settings.DEBUG or not self.hashed_files:
            return name
        return super().stored_name(name)

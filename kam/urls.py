"""The map of the site. Floors bring their own pages (`urls.py`) and API routes (`api.py`)."""

from django.conf import settings
from django.urls import include, path
from django.utils.module_loading import import_string
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import APIRootView, DefaultRouter

from kam import converters  # noqa: F401 (registers the date converter)
from kam.views import gallery, health, language, night, saved, search, undo


class Root(APIRootView):
    """The addresses of the API, for whoever is signed in."""

    permission_classes = [IsAuthenticated]


router = DefaultRouter()
router.APIRootView = Root
router.include_format_suffixes = False
ROUTES = (
    *("kam.api.routes", "accounts.api", "kpis.api", "kpis.api_imports", "kpis.api_supply", "kpis.api_feeds"),
    *("kpis.api_stockouts", "kpis.api_replenishment"),
    *("kpis.api_forecast", "kpis.api_caps"),
    *("tradeterms.api", "plans.api"),
)
for routes in ROUTES:
    for prefix, viewset in import_string(f"{routes}.ROUTES"):
        router.register(prefix, viewset, basename=f"api-{prefix}")

urlpatterns = [
    path("", import_string("accounts.views.Home").as_view(), name="home"),
    path("accounts/", include("accounts.urls")),
    path("administration/", include("accounts.people_urls")),
    path("kpis/", include("kpis.urls")),
    path("terms/", include("tradeterms.urls")),
    path("plans/", include("plans.urls")),
    path("night/", night.Nights.as_view(), name="night"),
    path("night/<date:day>/", night.NightPage.as_view(), name="night-day"),
    path("night/<date:day>/rerun/", night.Rerun.as_view(), name="night-rerun"),
    path("account/", include("kam.account_urls")),
    path("me/", include("kam.me_urls")),
    path("me/webhooks/", include("kam.webhook_urls")),
    path("inbox/", include("accounts.inbox_urls")),
    path("search/", search.Search.as_view(), name="search"),
    path("language/", language.set_language, name="set_language"),
    path("views/", saved.SaveView.as_view(), name="view-save"),
    path("views/<int:pk>/remove/", saved.RemoveView.as_view(), name="view-remove"),
    path("undo/<uuid:pk>/", undo.Undo.as_view(), name="undo"),
    path("api/v1/", include(router.urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("healthz/jobs", health.healthz_jobs, name="healthz-jobs"),
    path("metrics", health.figures, name="metrics"),
    *([path("kit/", gallery.Gallery.as_view(), name="gallery")] if settings.DEBUG else []),
]

handler404 = "kam.views.errors.not_found"
handler500 = "kam.views.errors.server_error"

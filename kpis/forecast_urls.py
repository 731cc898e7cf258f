"""Addresses of forecasts and of supply that is short, below /kpis/."""

from django.urls import path

from kpis.views import accuracy, caps, catalogue, forecast, forecast_lists

urlpatterns = [
    path("forecasts/", accuracy.ForecastAccuracy.as_view(), name="forecast-accuracy"),
    path("forecasts/<int:pk>/", forecast.ForecastPage.as_view(), name="forecast"),
    path("forecasts/<int:pk>/figures/", forecast.ForecastEdit.as_view(), name="forecast-edit"),
    path("forecasts/<int:pk>/product/<path:code>/", forecast.ForecastProduct.as_view(), name="forecast-product"),
    path("forecasts/products/", catalogue.ProductNames.as_view(), name="product-names"),
    path("forecasts/events/", forecast_lists.EventList.as_view(), name="event-list"),
    path("forecasts/events/new/", forecast_lists.EventCreate.as_view(), name="event-create"),
    path("forecasts/events/<int:pk>/edit/", forecast_lists.EventUpdate.as_view(), name="event-update"),
    path("forecasts/events/<int:pk>/remove/", forecast_lists.EventRemove.as_view(), name="event-remove"),
    path("forecasts/by-hand/", forecast_lists.OverrideList.as_view(), name="override-list"),
    path("forecasts/by-hand/<int:pk>/remove/", forecast_lists.OverrideRemove.as_view(), name="override-remove"),
    path("forecasts/notices/", forecast_lists.NoticeList.as_view(), name="forecast-notice-list"),
    path("forecasts/notices/<int:pk>/", forecast_lists.NoticeDetail.as_view(), name="forecast-notice"),
    path(
        "forecasts/notices/<int:pk>/acknowledge/",
        forecast_lists.NoticeAcknowledged.as_view(),
        name="forecast-notice-acknowledge",
    ),
    path("short-supply/", caps.CapList.as_view(), name="cap-list"),
    path("short-supply/new/", caps.CapCreate.as_view(), name="cap-create"),
    path("short-supply/<int:pk>/", caps.CapDetail.as_view(), name="cap"),
    path("short-supply/<int:pk>/edit/", caps.CapUpdate.as_view(), name="cap-update"),
    path("short-supply/<int:pk>/remove/", caps.CapRemove.as_view(), name="cap-remove"),
    path("short-supply/<int:pk>/promises/new/", caps.CommitmentCreate.as_view(), name="commitment-create"),
    path("short-supply/promises/<int:pk>/edit/", caps.CommitmentUpdate.as_view(), name="commitment-update"),
    path("short-supply/promises/<int:pk>/remove/", caps.CommitmentRemove.as_view(), name="commitment-remove"),
]

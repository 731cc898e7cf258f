"""Pages of a person's own webhooks, below /me/webhooks/."""

from django.urls import path

from kam.views import me_webhooks as views

urlpatterns = [
    path("", views.Webhooks.as_view(), name="me-webhooks"),
    path("new/", views.NewWebhook.as_view(), name="me-webhook-new"),
    path("<int:pk>/", views.WebhookPage.as_view(), name="me-webhook"),
    path("<int:pk>/edit/", views.EditWebhook.as_view(), name="me-webhook-edit"),
    path("<int:pk>/remove/", views.RemoveWebhook.as_view(), name="me-webhook-remove"),
    path("<int:pk>/secret/", views.RotateSecret.as_view(), name="me-webhook-secret"),
    path("<int:pk>/test/", views.TestWebhook.as_view(), name="me-webhook-test"),
    path("deliveries/<uuid:pk>/retry/", views.RetryDelivery.as_view(), name="me-delivery-retry"),
]

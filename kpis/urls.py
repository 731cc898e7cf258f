from django.urls import path

from kpis import views

app_name = "kpis"
urlpatterns = [
    path("", views.Overview.as_view(), name="overview"),
    path("accounts/<int:pk>/<slug:code>/", views.MeasurePage.as_view(), name="measure"),
    path("accounts/<int:pk>/<slug:code>/facts/", views.FactList.as_view(), name="facts"),
    path("accounts/<int:pk>/<slug:code>/target/<int:year>/", views.TargetEdit.as_view(), name="target"),
    path("products/", views.ProductList.as_view(), name="product-list"),
    path("feeds/", views.FeedList.as_view(), name="feed-list"),
    path("imports/", views.ImportList.as_view(), name="import-list"),
    path("imports/new/", views.ImportNew.as_view(), name="import-new"),
    path("imports/<int:pk>/", views.ImportDetail.as_view(), name="import-detail"),
    path("imports/<int:pk>/report.csv", views.ImportReport.as_view(), name="import-report"),
    path("imports/<int:pk>/import/", views.ImportChecked.as_view(), name="import-checked"),
]

from django.urls import path

from kpis import views

app_name = "kpis"
urlpatterns = [
    path("", views.Overview.as_view(), name="overview"),
    path("accounts/<int:pk>/<slug:code>/", views.MeasurePage.as_view(), name="measure"),
    path("accounts/<int:pk>/<slug:code>/facts/", views.FactList.as_view(), name="facts"),
    path("accounts/<int:pk>/<slug:code>/target/<int:year>/", views.TargetEdit.as_view(), name="target"),
    path("products/", views.ProductList.as_view(), name="product-list"),
    path("products/new/", views.ProductCreate.as_view(), name="product-create"),
    path("products/<int:pk>/", views.ProductDetail.as_view(), name="product"),
    path("products/<int:pk>/edit/", views.ProductUpdate.as_view(), name="product-update"),
    path("categories/", views.CategoryList.as_view(), name="category-list"),
    path("categories/new/", views.CategoryCreate.as_view(), name="category-create"),
    path("categories/<int:pk>/edit/", views.CategoryUpdate.as_view(), name="category-update"),
    path("categories/<int:pk>/remove/", views.CategoryRemove.as_view(), name="category-remove"),
    path("targets/", views.TargetList.as_view(), name="target-list"),
    path("targets/<int:pk>/remove/", views.TargetRemove.as_view(), name="target-remove"),
    path("feeds/", views.FeedList.as_view(), name="feed-list"),
    path("feeds/new/", views.FeedCreate.as_view(), name="feed-create"),
    path("feeds/<int:pk>/", views.FeedDetail.as_view(), name="feed"),
    path("feeds/<int:pk>/weeks/<date:week>/accept/", views.FeedWeekAccepted.as_view(), name="feed-week-accepted"),
    path("feeds/weeks/<int:pk>/watch/", views.FeedWeekWatched.as_view(), name="feed-week-watched"),
    path("feeds/<int:pk>/edit/", views.FeedUpdate.as_view(), name="feed-update"),
    path("feeds/<int:pk>/remove/", views.FeedRemove.as_view(), name="feed-remove"),
    path("imports/", views.ImportList.as_view(), name="import-list"),
    path("imports/feeds/", views.FeedNames.as_view(), name="feed-names"),
    path("imports/new/", views.ImportNew.as_view(), name="import-new"),
    path("imports/<int:pk>/", views.ImportDetail.as_view(), name="import-detail"),
    path("imports/<int:pk>/file/", views.ImportFile.as_view(), name="import-file"),
    path("imports/<int:pk>/report.csv", views.ImportReport.as_view(), {"kind": "csv"}, name="import-report"),
    path("imports/<int:pk>/report.xlsx", views.ImportReport.as_view(), {"kind": "xlsx"}, name="import-workbook"),
    path("imports/<int:pk>/import/", views.ImportChecked.as_view(), name="import-checked"),
    path("imports/<int:pk>/weeks/", views.ImportWeeks.as_view(), name="import-weeks"),
    path("imports/<int:pk>/undo/", views.ImportUndone.as_view(), name="import-undone"),
    path("imports/<int:pk>/cancel/", views.ImportCancelled.as_view(), name="import-cancelled"),
]

from django.urls import path

from tradeterms import views

app_name = "tradeterms"

urlpatterns = [
    path("", views.AgreementList.as_view(), name="list"),
    path("new/", views.AgreementCreate.as_view(), name="create"),
    path("<int:pk>/", views.AgreementDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", views.AgreementUpdate.as_view(), name="update"),
    path("<int:pk>/revise/", views.Revise.as_view(), name="revise"),
    path("<int:pk>/remove/", views.AgreementRemove.as_view(), name="remove"),
    path("<int:pk>/move/<slug:name>/", views.AgreementMove.as_view(), name="move"),
    path("<int:pk>/terms/new/<slug:kind>/", views.TermCreate.as_view(), name="term-create"),
    path("terms/<int:pk>/edit/", views.TermUpdate.as_view(), name="term-update"),
    path("terms/<int:pk>/remove/", views.TermRemove.as_view(), name="term-remove"),
    path("findings/", views.FindingList.as_view(), name="finding-list"),
    path("findings/<int:pk>/", views.FindingDetail.as_view(), name="finding"),
    path("findings/<int:pk>/move/<slug:name>/", views.FindingMove.as_view(), name="finding-move"),
]

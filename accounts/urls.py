from django.urls import path

from accounts import views
from accounts.views import member, why

app_name = "accounts"
urlpatterns = [
    path("", views.AccountList.as_view(), name="list"),
    path("names/", views.AccountNames.as_view(), name="names"),
    path("new/", views.AccountCreate.as_view(), name="create"),
    path("alerts/", views.AlertList.as_view(), name="alert-list"),
    path("alerts/<int:pk>/<slug:name>/", views.AlertMove.as_view(), name="alert-move"),
    path("<int:pk>/", views.AccountDetail.as_view(), name="detail"),
    path("<int:pk>/whole/", views.AccountWhole.as_view(), name="whole"),
    path("<int:pk>/edit/", views.AccountUpdate.as_view(), name="update"),
    path("<int:pk>/timeline/", views.Timeline.as_view(), name="timeline"),
    path("<int:pk>/stores/", views.StoreList.as_view(), name="stores"),
    path("<int:pk>/stores/new/", views.StoreCreate.as_view(), name="store-create"),
    path("<int:pk>/people/", views.ContactList.as_view(), name="contacts"),
    path("<int:pk>/why/", why.Why.as_view(), name="why"),
    path("<int:pk>/members/new/", member.MemberCreate.as_view(), name="member-create"),
    path("members/<int:pk>/remove/", member.MemberRemove.as_view(), name="member-remove"),
    path("<int:pk>/people/new/", views.ContactCreate.as_view(), name="contact-create"),
    path("stores/<int:pk>/edit/", views.StoreUpdate.as_view(), name="store-update"),
    path("people/<int:pk>/edit/", views.ContactUpdate.as_view(), name="contact-update"),
    path("people/<int:pk>/remove/", views.ContactRemove.as_view(), name="contact-remove"),
]

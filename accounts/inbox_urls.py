"""The inbox of whoever is signed in."""

from django.urls import path

from accounts.views import inbox

app_name = "inbox"
urlpatterns = [
    path("", inbox.Inbox.as_view(), name="list"),
    path("bell/", inbox.Bell.as_view(), name="bell"),
    path("read-all/", inbox.ReadAll.as_view(), name="read-all"),
    path("<int:pk>/open/", inbox.Open.as_view(), name="open"),
    path("<int:pk>/read/", inbox.Mark.as_view(read=True), name="read"),
    path("<int:pk>/unread/", inbox.Mark.as_view(read=False), name="unread"),
]

"""Pages of the administration."""

from django.urls import path

from accounts.views import audit, deputy, handover, people, team, token, why

app_name = "administration"
urlpatterns = [
    path("people/", people.PersonList.as_view(), name="people"),
    path("people/invite/", people.PersonInvite.as_view(), name="person-invite"),
    path("people/<int:pk>/", people.PersonDetail.as_view(), name="person"),
    path("people/<int:pk>/edit/", people.PersonUpdate.as_view(), name="person-edit"),
    path("people/<int:pk>/do/<slug:name>/", people.PersonAct.as_view(), name="person-act"),
    path("people/<int:pk>/hand-over/", handover.HandOver.as_view(), name="hand-over"),
    path("people/<int:pk>/deputies/new/", deputy.DeputyCreate.as_view(), name="deputy-create"),
    path("people/<int:pk>/tokens/new/", token.TokenCreate.as_view(), name="token-create"),
    path("deputies/<int:pk>/edit/", deputy.DeputyUpdate.as_view(), name="deputy-edit"),
    path("deputies/<int:pk>/end/", deputy.DeputyEnd.as_view(), name="deputy-end"),
    path("tokens/<int:pk>/revoke/", token.TokenRevoke.as_view(), name="token-revoke"),
    path("teams/", team.TeamTree.as_view(), name="teams"),
    path("teams/new/", team.TeamCreate.as_view(), name="team-create"),
    path("teams/<int:pk>/", team.TeamDetail.as_view(), name="team"),
    path("teams/<int:pk>/edit/", team.TeamUpdate.as_view(), name="team-edit"),
    path("teams/<int:pk>/remove/", team.TeamRemove.as_view(), name="team-remove"),
    path("teams/<int:pk>/people/new/", team.TeamJoin.as_view(), name="team-join"),
    path("teams/<int:pk>/assign/", team.TeamAssign.as_view(), name="team-assign"),
    path("teams/members/<int:pk>/remove/", team.TeamLeave.as_view(), name="team-leave"),
    path("why/", why.Ask.as_view(), name="ask"),
    path("log/", audit.EntryList.as_view(), name="audit"),
    path("log/<int:pk>/", audit.EntryDetail.as_view(), name="entry"),
]

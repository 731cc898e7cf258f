from django.urls import path

from plans import views

app_name = "plans"

urlpatterns = [
    path("", views.PlanList.as_view(), name="list"),
    path("new/", views.PlanCreate.as_view(), name="create"),
    path("<int:pk>/", views.PlanDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", views.PlanEdit.as_view(), name="edit"),
    path("<int:pk>/move/<str:name>/", views.Moves.as_view(), name="move"),
    path("<int:pk>/revise/", views.Revise.as_view(), name="revise"),
    path("<int:pk>/signoff/", views.SignOff.as_view(), name="signoff"),
    path("signatures/<int:pk>/", views.Signed.as_view(), name="signed"),
    path("<int:pk>/goals/new/", views.GoalCreate.as_view(), name="goal-create"),
    path("goals/<int:pk>/", views.GoalEdit.as_view(), name="goal-edit"),
    path("goals/<int:pk>/remove/", views.Remove.as_view(), {"kinds": "goals"}, name="goal-remove"),
    path("goals/<int:pk>/initiatives/new/", views.InitiativeCreate.as_view(), name="initiative-create"),
    path("initiatives/<int:pk>/", views.InitiativeEdit.as_view(), name="initiative-edit"),
    path("initiatives/<int:pk>/remove/", views.Remove.as_view(), {"kinds": "initiatives"}, name="initiative-remove"),
    path("goals/<int:pk>/measures/new/", views.MeasureCreate.as_view(), name="measure-create"),
    path("measures/<int:pk>/", views.MeasureEdit.as_view(), name="measure-edit"),
    path("measures/<int:pk>/remove/", views.Remove.as_view(), {"kinds": "measures"}, name="measure-remove"),
]

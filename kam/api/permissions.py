from rest_framework.permissions import SAFE_METHODS, BasePermission

from kam.models import ApiToken


class ScopesAndAccess(BasePermission):
    """Signed in; with a token, only within its scopes; writing only where the view's `may` predicates allow.

    A view names its `scope` ("plans") and, for writing, `may_create(user)` and `may_change(user, row)`.
    """

    def has_permission(self, request, view):
        user = request.user
        if not (user and user.is_authenticated and user.is_active):
            return False
        if isinstance(request.auth, ApiToken) and self._scope(request, view) not in request.auth.scopes:
            return False
        asked = {"create": view.may_create, "bulk": view.may_bulk}.get(view.action)
        return asked is None or asked(user)

    def has_object_permission(self, request, view, row):
        if request.method in SAFE_METHODS or view.action in view.asks_itself:
            return True
        return view.may_change(request.user, row)

    def _scope(self, request, view):
        return f"{view.scope}:{'read' if request.method in SAFE_METHODS else 'write'}"

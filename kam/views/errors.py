from django.shortcuts import render


def csrf_failure(request, reason=""):
    """The page shown instead of Django's when a form comes without its token."""
    return render(request, "403_csrf.html", status=403)

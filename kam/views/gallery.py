"""Every part of the look in every state, on one page for the people who build pages; only with DEBUG."""

from django.views.generic import TemplateView

from kam import gallery


class Gallery(TemplateView):
    template_name = "kit/gallery.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(**gallery.context(), **kwargs)

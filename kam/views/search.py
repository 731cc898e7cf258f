"""Search everywhere, as a page and as the list under the field of the frame."""

from django.views.generic import TemplateView

from kam import search


class Search(TemplateView):
    """GET `?q=`: what is called so, by kind; a fragment request gets the list alone."""

    template_name = "search.html"

    def get_template_names(self):
        return ["kit/search_results.html"] if self.request.htmx else [self.template_name]

    def get_context_data(self, **kwargs):
        text = self.request.GET.get("q", "").replace("\0", "").strip()
        groups = search.find(self.request.user, text)
        return super().get_context_data(search_query=text, groups=groups, **kwargs)

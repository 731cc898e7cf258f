import os

from django.core.wsgi import get_wsgi_application

from kam import safety

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings")
safety.refuse_to_serve()
application = get_wsgi_application()

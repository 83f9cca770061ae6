# A guest book in Django as its manual would write one: a model, a form, a view, and Django's own middleware for sessions and CSRF.
# `guestbook.py PORT FOLDER` serves it from SQLite in FOLDER; each start has another secret key, as after a deployment that rotates it.
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.crypto import get_random_string

port, folder = sys.argv[1], Path(sys.argv[2])
settings.configure(
    SECRET_KEY=get_random_string(50),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django import forms  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402


class Entry(models.Model):
    name = models.CharField(max_length=50)
    email = models.EmailField()
    message = models.TextField(max_length=500)

    class Meta:
        app_label = "guestbook"
        db_table = "entry"


class EntryForm(forms.ModelForm):
    class Meta:
        model = Entry
        fields = ["name", "email", "message"]


PAGE = """<!doctype html><title>Guest book</title><h1>Guest book</h1>
<form method="post">{% csrf_token %}{{ form.as_p }}<button>Sign</button></form>"""


def book(request):
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return HttpResponseRedirect("/thanks")
    status = 422 if request.method == "POST" else 200
    return HttpResponse(engines["django"].from_string(PAGE).render({"form": form}, request), status=status)


urlpatterns = [path("book", book), path("thanks", lambda request: HttpResponse("Thank you"))]
application = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        if Entry._meta.db_table not in connection.introspection.table_names():
            editor.create_model(Entry)
    sys.modules["guestbook"] = sys.modules[__name__]
    from wsgiref.simple_server import WSGIServer, make_server  # noqa: E402

    server = make_server("127.0.0.1", int(port), application, server_class=WSGIServer)
    print("ready", flush=True)
    server.serve_forever()

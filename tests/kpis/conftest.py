from tests.clients import api_of, client_of  # noqa: F401 (fixtures)

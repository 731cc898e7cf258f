# `make run` and `make test` are the two commands; `make help` lists the rest.
# They need python3 (3.11 or newer) with venv, and nothing else on Linux x86-64.

PY := .venv/bin/python
TYPED = $$(find kam accounts kpis tradeterms plans -name 'services*.py' -o -name 'calc*.py' | sort)
DEPLOYED := KAM_BASE_URL=https://kam.example ALLOWED_HOSTS=kam.example
NO_SECRET := only-for-looking-at-the-code-not-a-secret-anywhere
LOCK := -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help run test faults attack fuzz lint format messages screenshots bench real reset lock install install-dev

help: ## what there is
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo "  PORT= DATABASE_URL= REDIS_URL= KAM_VAR= may follow, or stand in the environment."

run: install ## start everything on http://127.0.0.1:8000 (PORT=), Ctrl-C stops it
	@exec $(PY) -m kam.local.up

# One process more than the two processors of CI: while a test waits for a lease or a process to start, others run.
test: install-dev ## all tests on their own servers (ARGS= for pytest)
	@exec $(PY) -m pytest -n 3 $(ARGS)

faults: install-dev ## kill, freeze and repeat: the first table of docs/trust.md (KAM_SEEDS=)
	@exec $(PY) -m pytest -n 2 -m fault $(ARGS)

attack: install-dev ## try to break in: the second table of docs/trust.md
	@exec $(PY) -m pytest -n 2 -m attack $(ARGS)

fuzz: install-dev ## 5,000 cases made from the schema of the API (KAM_FUZZ=)
	@KAM_FUZZ=$(or $(KAM_FUZZ),5000) exec $(PY) -m pytest -q -s -n 0 tests/kam/test_api_fuzz.py $(ARGS)

lint: install-dev ## style, templates, types, migrations, deployment settings
	@failed=0; look() { echo "--- $$*"; env "$$@" || failed=1; }; \
	look $(PY) -m ruff check --quiet .; \
	look $(PY) -m ruff format --check --quiet .; \
	look $(PY) -m djlint --lint --quiet templates; \
	look SECRET_KEY=$(NO_SECRET) $(PY) -m mypy $(TYPED); \
	look $(PY) manage.py makemigrations --check --dry-run; \
	look $(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING; \
	exit $$failed

format: install-dev ## bring Python into the house style
	$(PY) -m ruff check --fix --quiet .
	$(PY) -m ruff format .

messages: install-dev ## collect strings and compile the catalogues (needs gettext)
	SECRET_KEY=$$(printf 'x%.0s' $$(seq 50)) $(PY) manage.py makemessages --locale de --locale zh_Hans --no-location --no-wrap --no-obsolete \
		--ignore .venv --ignore var --ignore tests --ignore docs
	SECRET_KEY=$$(printf 'x%.0s' $$(seq 50)) $(PY) manage.py compilemessages --locale de --locale zh_Hans --ignore .venv

screenshots: install-dev ## the pictures of the guide anew, from a demo that runs (KAM_VAR=, PORT=, ARGS=name)
	@exec $(PY) docs/guide/screenshots.py $(ARGS)

bench: install ## measured speeds, also in var/bench.json (ONLY=name)
	@exec $(PY) manage.py bench $(if $(ONLY),--only $(ONLY))

real: install ## known answers from real data (DATA=folder)
	@test -n "$(DATA)" || { echo "Say where the data is: make real DATA=<folder>" >&2; exit 2; }
	@exec $(PY) manage.py real "$(DATA)"

reset: ## stop, and remove all data
	@test ! -x $(PY) || exec $(PY) -m kam.local.reset

lock: install-dev ## resolve pyproject.toml anew into the two lock files
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	$(PY) $(LOCK) --group dev --output-file requirements-dev.lock
	$(PY) $(LOCK) --constraint requirements-dev.lock --output-file requirements.lock

install:
	@python3 -I kam/local/install.py run

install-dev:
	@python3 -I kam/local/install.py dev

"""The people on the other side of the table."""

from random import Random

from accounts.models import Contact

NAMES = {
    "de": (
        "Anke Lorenz|Bernd Hofer|Carla Stein|Dirk Amrein|Elif Demir|Falk Jansen|Greta Pohl|Henrik Maas|"
        "Ines Vogt|Jan Kolbe|Katrin Sommer|Leon Wirth|Maren Thiel|Nils Brucker|Olga Petrov|Pia Reinhold|"
        "Ralf Eder|Silke Horn|Timo Krause|Uta Behrens|Viktor Lang|Wiebke Stahl|Xaver Moser|Yasmin Kaya|"
        "Zeno Albers|Britta Noll|Claas Ritter|Doris Winkler|Emil Sauer|Frauke Lind|Georg Hirt|"
        "Heike Zander|Ivo Marek|Jule Arndt|Kai Bastian|Lena Ostermann"
    ),
    "en": (
        "Alice Penrose|Ben Carver|Charlotte Reed|David Okafor|Emma Whitlock|Frank Dunmore|Georgia Bell|"
        "Harry Selwyn|Isla Mercer|Jack Thornbury|Kate Ridley|Liam Gallow|Megan Ashby|Noah Prentice|"
        "Olivia Crane|Peter Marlow|Rosie Fenn|Sam Tiller|Tara Byrne|Una Keane|Will Harcourt|Zoe Latham|"
        "Aidan Roche|Beth Langford"
    ),
    "zh": (
        "林静怡|王志远|赵敏|刘思远|周晓彤|吴建国|孙雅琴|何俊杰|郭雨桐|马文博|罗欣|梁浩然|宋佳|唐子轩|"
        "韩梅|曹振华|许丽|邓凯文|冯婉清|彭立新|田甜|潘宇航|蒋文|沈一帆"
    ),
}
# title, role in buying, power
POSTS = {
    "de": (
        ("Head of buying", "decides", 5),
        ("Category buyer", "influences", 4),
        ("Supply planner", "uses", 2),
        ("Accounts payable", "gatekeeper", 2),
    ),
    "zh": (
        ("采购总监", "decides", 5),
        ("品类经理", "influences", 4),
        ("供应链主管", "uses", 2),
        ("财务结算", "gatekeeper", 2),
    ),
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def build(cast, accounts, people, seed):
    """Three or four contacts for every account, each reporting to the first."""
    rng = Random(f"{seed}/contacts")
    names = {language: iter(rng.sample(found := text.split("|"), len(found)) * 2) for language, text in NAMES.items()}
    heads, others = [], []
    for client in cast.clients:
        rows = _contacts(client, accounts[client.code], people[client.manager], names, rng)
        heads.append(rows[0])
        others += [(row, rows[0]) for row in rows[1:]]
    Contact.objects.bulk_create(heads)
    for row, head in others:
        row.reports_to = head
    Contact.objects.bulk_create(row for row, _head in others)


def _contacts(client, account, ours, names, rng):
    language = {"CN": "zh", "GB": "en", "IE": "en"}.get(client.country, "de")
    posts = POSTS["zh" if language == "zh" else "de"][: 3 if client.tier == "C" else 4]
    return [
        Contact(
            account=account,
            name=(name := next(names[language])),
            title=title,
            buying_role=role,
            power=power,
            attitude=rng.choice((-1, 0, 0, 1, 1, 2)),
            email=f"{_mailbox(name, place)}@{client.slug}.example",
            our_owner=ours,
        )
        for place, (title, role, power) in enumerate(posts, 1)
    ]


def _mailbox(name, place):
    plain = name.lower().replace(" ", ".")
    return plain if set(plain) <= {*LETTERS, "."} else f"contact{place}"

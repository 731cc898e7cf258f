"""Where the accounts' stores stand."""

CITIES = {
    "DE": (
        "Hamburg Berlin München Köln Frankfurt Stuttgart Düsseldorf Leipzig Dortmund Essen Bremen "
        "Dresden Hannover Nürnberg Duisburg Bochum Wuppertal Bielefeld Bonn Münster Karlsruhe Mannheim "
        "Augsburg Wiesbaden Kiel Aachen Braunschweig Chemnitz Freiburg Lübeck Erfurt Mainz Rostock "
        "Kassel Potsdam Ulm Regensburg Trier Konstanz Göttingen"
    ),
    "AT": "Wien Graz Linz Salzburg Innsbruck Klagenfurt Villach Wels Dornbirn Bregenz Leoben Krems",
    "NL": "Utrecht",
    "GB": (
        "London Manchester Birmingham Leeds Glasgow Sheffield Bristol Liverpool Edinburgh Cardiff "
        "Leicester Nottingham Newcastle Sunderland Brighton Hull Plymouth Derby York Norwich Exeter "
        "Oxford Cambridge Bath Chester Lancaster Carlisle Durham Inverness Stirling Swansea Reading"
    ),
    "IE": "Dublin Cork",
    "CN": (
        "上海 北京 广州 深圳 成都 杭州 重庆 武汉 西安 南京 苏州 天津 长沙 郑州 青岛 宁波 合肥 厦门 福州 "
        "济南 大连 沈阳 昆明 佛山 无锡 温州 南昌 贵阳"
    ),
}
ONLINE = {"DE": "Online shop", "GB": "Online shop", "CN": "网店"}
CENTRAL = {"CN": "{city}仓"}


def of(client, rng):
    """(name, city) of each of the account's stores."""
    cities = CITIES[client.country].split()
    if client.kind in ("webshop", "seller"):
        return [(ONLINE[client.country], "")]
    if client.central:
        return [(CENTRAL.get(client.country, "Warehouse {city}").format(city=c), c) for c in cities[: client.outlets]]
    names = []
    for place in range(client.outlets):
        city = cities[place % len(cities)]
        second = place >= len(cities)
        names.append((_outlet(client, city, second), city))
    rng.shuffle(names)
    return names


def _outlet(client, city, second):
    if client.country == "CN":
        return f"{city}{'二店' if second else '店'}"
    return f"{city} {'2' if second else 'Centre' if client.country == 'GB' else 'City'}"
